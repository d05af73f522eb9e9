import {
  breathe,
  type Dataset,
  type FeatureExtractor,
  type FeatureMatrix,
  FerError,
  type FileStore,
  type Images,
  type Labels,
  type RunOptions,
  sha256,
} from 'fer-core';
import { type ChunkForm, chunkStarts, type FeatureChunk, readChunk, writeChunk } from './featureChunks.js';

/** Options of {@link extractFeatures}. */
export interface ExtractOptions extends RunOptions {
  /** Images a chunk: what is lost at most when it is stopped, and held at a time. @default 4096 */
  readonly chunkRows?: number;
}

/**
 * Turns a stream of images of any length into chunks of features on disk, in memory that doesn't grow. It may be
 * stopped at any moment: the same call on the same stream goes on after the last whole chunk.
 *
 * To spread it, give each job its own part of the images and its own store: nothing is shared between them.
 *
 * @param batches - E.g. fer-data's `streamFer2013(path)`: the same images in the same order each time.
 * @param store - E.g. `diskStore('features/part-17')` of fer-core/node.
 * @returns How many rows are there now.
 * @throws FerError `INVALID_ARGUMENT` where the store holds another backbone's features or other classes', `CORRUPT`
 *   where its last chunk is damaged, and as `transform` and the store do.
 */
export async function extractFeatures(
  backbone: FeatureExtractor<Images>,
  batches: AsyncIterable<Dataset> | Iterable<Dataset>,
  store: FileStore,
  { chunkRows = 4096, onProgress, signal }: ExtractOptions = {},
): Promise<number> {
  if (!Number.isInteger(chunkRows) || chunkRows < 1) {
    throw new FerError('INVALID_ARGUMENT', `chunkRows is ${chunkRows}: it must be a whole number from 1.`);
  }
  const digest = await digestOf(backbone);
  let done = await resumeAt(store, digest);
  let seen = 0;
  let pending: Dataset[] = [];
  let waiting = 0;
  for await (const batch of batches) {
    await breathe(signal);
    const known = Math.min(batch.n, Math.max(0, done - seen));
    seen += batch.n;
    // A chunk ends where the stream's batches do, or is cut from one.
    for (let start = known; start < batch.n; ) {
      const end = Math.min(batch.n, start + chunkRows - waiting);
      pending.push(part(batch, start, end));
      waiting += end - start;
      start = end;
      if (waiting === chunkRows) await flush();
    }
  }
  await flush();
  if (seen < done) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${seen} images where ${done} were extracted before: give the same stream.`,
      {
        file: store.location,
      },
    );
  }
  return done;

  async function flush(): Promise<void> {
    if (waiting === 0) return;
    const { classes } = pending[0];
    if (pending.some((batch) => batch.classes.join('\n') !== classes.join('\n'))) {
      throw new FerError('INVALID_DATA', 'the batches name different classes: map them to one list first.');
    }
    const form: ChunkForm = { columns: backbone.outputSize, classes, backbone: digest };
    await writeChunk(store, form, {
      first: done,
      features: join(await Promise.all(pending.map((batch) => backbone.transform(batch, { signal })))),
      labels: { classes, labels: Uint8Array.from(pending.flatMap((batch) => Array.from(batch.labels))) },
    });
    done += waiting;
    [pending, waiting] = [[], 0];
    onProgress?.({ kind: 'transform', done, total: Math.max(seen, done) });
  }
}

/**
 * The chunks that {@link extractFeatures} left, one after another: each can be let go before the next is read. What
 * fer-heads' linear heads learn from: `head.fitChunks(() => readFeatures(store))`.
 *
 * @throws FerError `CORRUPT` where one is damaged or missing.
 */
export async function* readFeatures(
  store: FileStore,
  { onProgress, signal }: RunOptions = {},
): AsyncGenerator<FeatureChunk> {
  let [next, bytes] = [0, 0];
  for (const first of await chunkStarts(store)) {
    signal?.throwIfAborted();
    if (first !== next) {
      throw new FerError('CORRUPT', `the chunk of rows ${next} to ${first - 1} is missing: extract again.`, {
        file: store.location,
      });
    }
    const { form, ...chunk } = await readChunk(store, first);
    next += chunk.features.rows;
    bytes += chunk.features.data.byteLength;
    onProgress?.({ kind: 'load', rows: next, bytes });
    yield chunk;
  }
}

/** All of them as one matrix with its labels: what a head's `fit` takes. */
export async function loadFeatures(
  store: FileStore,
  options: RunOptions = {},
): Promise<{ features: FeatureMatrix; labels: Labels }> {
  const chunks: FeatureChunk[] = [];
  for await (const chunk of readFeatures(store, options)) chunks.push(chunk);
  if (chunks.length === 0) {
    throw new FerError('NOT_FOUND', 'no features there: extract some first.', { file: store.location });
  }
  const labels = Uint8Array.from(chunks.flatMap((chunk) => Array.from(chunk.labels.labels)));
  return {
    features: join(chunks.map(({ features }) => features)),
    labels: { labels, classes: chunks[0].labels.classes },
  };
}

/** Rows that are done; the last chunk, the one that a crash or a full disk may have met, is read. */
async function resumeAt(store: FileStore, backbone: string): Promise<number> {
  const last = (await chunkStarts(store)).at(-1);
  if (last === undefined) return 0;
  const { form, features } = await readChunk(store, last);
  if (form.backbone !== backbone) {
    throw new FerError('INVALID_ARGUMENT', 'it holds features of another backbone: give another store.', {
      file: store.location,
    });
  }
  return last + features.rows;
}

async function digestOf(backbone: FeatureExtractor<Images>): Promise<string> {
  const { kind, config, files } = await backbone.serialize();
  const parts = await Promise.all([...files].map(async ([name, bytes]) => [name, await sha256(bytes)]));
  return sha256(new TextEncoder().encode(JSON.stringify([kind, config, parts])));
}

function part(batch: Dataset, start: number, end: number): Dataset {
  const { images, labels, height, width, channels, classes } = batch;
  const size = height * width * channels;
  return {
    images: images.slice(start * size, end * size),
    labels: labels.slice(start, end),
    ...{ n: end - start, height, width, channels, classes },
  };
}

function join(matrices: readonly FeatureMatrix[]): FeatureMatrix {
  if (matrices.length === 1) return matrices[0];
  const { columns } = matrices[0];
  const rows = matrices.reduce((sum, matrix) => sum + matrix.rows, 0);
  const data = new Float32Array(rows * columns);
  let at = 0;
  for (const matrix of matrices) {
    data.set(matrix.data, at);
    at += matrix.data.length;
  }
  return { data, rows, columns };
}
