import {
  bindRunOptions,
  breathe,
  checkDataset,
  checkFeatures,
  checkMethods,
  checkOptions,
  type Dataset,
  describeValue,
  type FeatureExtractor,
  type FeatureMatrix,
  FerError,
  type FileStore,
  type Images,
  RUN_OPTIONS,
  type RunOptions,
  selectRows,
  sha256,
} from 'fer-core';
import {
  type ChunkForm,
  checkStore,
  chunkStarts,
  formDifference,
  readChunk,
  type StoredChunk,
  writeChunk,
} from './featureChunks.js';
import { partDigest } from './partDigest.js';

/** Options of {@link extractFeatures}. */
export interface ExtractOptions extends RunOptions {
  /**
   * Images per chunk. One chunk is held in memory at a time, and is lost at most when extraction is interrupted.
   * @default 4096
   */
  readonly chunkRows?: number | undefined;
}

/**
 * Turns a stream of images of any length into chunks of features on disk, with constant memory. It can be interrupted
 * at any time: the same call on the same stream continues after the last complete chunk. It checks that the images and
 * labels of that chunk are those of the stream.
 *
 * To distribute the work, give each job its own part of the images and its own store. The jobs share nothing.
 *
 * @param batches - E.g. fer-data's `streamFer2013(path)`. It must yield the same images in the same order each time.
 * @param store - E.g. `diskStore('features/part-17')` of fer-core/node.
 * @returns The number of rows that the store now holds.
 * @throws FerError `INVALID_ARGUMENT` if the store holds features of another backbone, other images, other classes or
 *   another kind of labels; `INVALID_DATA` if the batches differ in their classes or kind of labels; `CORRUPT` if the
 *   last chunk is damaged; and whatever `transform` and the store throw.
 *
 * @example
 * ```ts
 * const store = diskStore('features');
 * const rows = await extractFeatures(backbone, streamFer2013('fer2013.csv'), store);
 * const head = linearL2SVM();
 * await head.fitChunks(() => readFeatures(store));
 * ```
 */
export async function extractFeatures(
  backbone: FeatureExtractor<Images>,
  batches: AsyncIterable<Dataset> | Iterable<Dataset>,
  store: FileStore,
  options: ExtractOptions = {},
): Promise<number> {
  checkOptions('extractFeatures', options, ['chunkRows', ...RUN_OPTIONS]);
  checkMethods('the backbone', backbone, ['transform', 'serialize'], 'give one such as shallowCnn() returns');
  checkBatches(batches);
  checkStore(store);
  const { chunkRows = 4096 } = options;
  const { onProgress, signal } = bindRunOptions(options);
  if (!Number.isInteger(chunkRows) || chunkRows < 1) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `chunkRows is ${describeValue(chunkRows)}: it must be a whole number from 1.`,
    );
  }
  const digest = partDigest(await backbone.serialize());
  const formOf = async ({ classes, soft }: Dataset): Promise<ChunkForm> => ({
    columns: backbone.outputSize,
    classes,
    soft: soft !== undefined,
    backbone: await digest,
  });
  const last = await lastChunk(store);
  const done = last ? last.first + last.features.rows : 0;
  let form: ChunkForm | undefined;
  let [seen, written] = [0, done];
  const known: Dataset[] = [];
  let pending: Dataset[] = [];
  let waiting = 0;
  for await (const batch of batches) {
    await breathe(signal);
    checkDataset(batch);
    const own = await formOf(batch);
    if (!form && last) demandSame(formDifference('the store holds', last.form, own), 'INVALID_ARGUMENT', store);
    form ??= own;
    demandSame(formDifference('a batch has', own, form), 'INVALID_DATA', store);
    if (last && seen < done) known.push(part(batch, last.first - seen, done - seen));
    const skipped = Math.min(batch.n, Math.max(0, done - seen));
    if (last && seen < done && seen + batch.n >= done) await demandSource(known.splice(0), last, store);
    seen += batch.n;
    // A chunk never spans two batches of the stream; long batches are divided into chunks.
    for (let start = skipped; start < batch.n; ) {
      const end = Math.min(batch.n, start + chunkRows - waiting);
      pending.push(part(batch, start, end));
      waiting += end - start;
      start = end;
      if (waiting === chunkRows) await flush(form);
    }
  }
  if (form) await flush(form);
  if (seen < done) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${seen} images where ${done} were extracted before: give the same stream.`,
      { file: store.location },
    );
  }
  return written;

  async function flush(own: ChunkForm): Promise<void> {
    if (waiting === 0) return;
    const matrices: FeatureMatrix[] = [];
    for (const batch of pending) {
      const features = await backbone.transform(batch, { signal });
      checkFeatures(features, own.columns);
      if (features.rows !== batch.n) {
        const message = `the backbone gave ${features.rows} rows of features for ${batch.n} images: it must give one each.`;
        throw new FerError('INVALID_DATA', message);
      }
      matrices.push(features);
    }
    const labels = joinBytes(pending.map((batch) => batch.labels));
    const soft = own.soft ? { soft: joinFloats(pending.map((batch) => batch.soft!)) } : {};
    await writeChunk(store, {
      form: own,
      first: written,
      features: joinFeatures(matrices),
      labels: { classes: own.classes, labels, ...soft },
      images: await sourceDigest(pending),
    });
    written += waiting;
    pending = [];
    waiting = 0;
    onProgress?.({ kind: 'transform', done: written, total: Math.max(seen, written) });
  }
}

function checkBatches(batches: unknown): void {
  const isObject = typeof batches === 'object' && batches !== null;
  if (isObject && (Symbol.asyncIterator in batches || Symbol.iterator in batches)) return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `the batches are ${describeValue(batches)}: give an array or a stream of data sets, such as streamFer2013(path).`,
  );
}

/** Returns the last chunk, which a crash or a full disk may have damaged. */
async function lastChunk(store: FileStore): Promise<StoredChunk | undefined> {
  const first = (await chunkStarts(store)).at(-1);
  return first === undefined ? undefined : readChunk(store, first);
}

/** Throws if a chunk was made from other images than the stream's, or has other labels. */
async function demandSource(batches: readonly Dataset[], { images, labels }: StoredChunk, store: FileStore) {
  const own = batches.filter(({ n }) => n > 0);
  const sameLabels = joinBytes(own.map((batch) => batch.labels)).every((label, i) => label === labels.labels[i]);
  const sameSoft =
    !labels.soft || joinFloats(own.map((batch) => batch.soft!)).every((share, i) => share === labels.soft![i]);
  const what = (await sourceDigest(own)) !== images ? 'images' : sameLabels && sameSoft ? undefined : 'labels';
  if (what)
    demandSame(`the store holds features of other ${what} than the stream gives there`, 'INVALID_ARGUMENT', store);
}

function demandSame(difference: string | undefined, code: 'INVALID_ARGUMENT' | 'INVALID_DATA', store: FileStore): void {
  if (difference === undefined) return;
  const advice = code === 'INVALID_ARGUMENT' ? 'give another store' : 'make them alike first';
  throw new FerError(code, `${difference}: ${advice}.`, { file: store.location });
}

/** A digest of images that doesn't depend on how they are divided into batches. */
function sourceDigest(batches: readonly Dataset[]): Promise<string> {
  return sha256(joinBytes(batches.map(({ images }) => images)));
}

/** Returns the rows of a batch from `start` to `end`, as far as they exist. */
function part(batch: Dataset, start: number, end: number): Dataset {
  const [from, to] = [start, end].map((row) => Math.min(batch.n, Math.max(0, row)));
  return selectRows(
    batch,
    Uint32Array.from({ length: to - from }, (_, i) => from + i),
  );
}

/** Concatenates the rows of matrices with the same columns. */
export function joinFeatures(matrices: readonly FeatureMatrix[]): FeatureMatrix {
  if (matrices.length === 1) return matrices[0];
  const { columns } = matrices[0];
  const data = joinFloats(matrices.map((matrix) => matrix.data));
  return { data, rows: data.length / columns, columns };
}

export function joinFloats(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const each of parts) {
    joined.set(each, at);
    at += each.length;
  }
  return joined;
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const each of parts) {
    joined.set(each, at);
    at += each.length;
  }
  return joined;
}
