import {
  bindRunOptions,
  checkOptions,
  type FeatureMatrix,
  FerError,
  type FileStore,
  type Labels,
  RUN_OPTIONS,
  type RunOptions,
} from 'fer-core';
import { joinBytes, joinFeatures, joinFloats } from './extractFeatures.js';
import {
  type ChunkForm,
  checkStore,
  chunkStarts,
  type FeatureChunk,
  formDifference,
  readChunk,
} from './featureChunks.js';

/**
 * Yields the chunks that {@link extractFeatures} wrote, in order, with one chunk in memory at a time. The linear heads
 * of fer-heads can train on them: `head.fitChunks(() => readFeatures(store))`.
 *
 * @throws FerError `CORRUPT` if a chunk is damaged or missing, or if chunks belong to different extractions.
 *
 * @example
 * ```ts
 * for await (const { first, features, labels } of readFeatures(diskStore('features'))) {
 *   console.log(first, features.rows, labels.labels.length);
 * }
 * ```
 */
export async function* readFeatures(store: FileStore, options: RunOptions = {}): AsyncGenerator<FeatureChunk> {
  checkOptions('readFeatures', options, RUN_OPTIONS);
  checkStore(store);
  const { onProgress, signal } = bindRunOptions(options);
  let [next, bytes] = [0, 0];
  let form: ChunkForm | undefined;
  for (const first of await chunkStarts(store)) {
    signal?.throwIfAborted();
    if (first !== next) {
      throw new FerError('CORRUPT', `the chunk of rows ${next} to ${first - 1} is missing: extract again.`, {
        file: store.location,
      });
    }
    const { form: own, features, labels } = await readChunk(store, first);
    form ??= own;
    const difference = formDifference(`the chunk of row ${first} has`, own, form);
    if (difference) {
      throw new FerError('CORRUPT', `${difference}: extract again, into an empty store.`, { file: store.location });
    }
    next += features.rows;
    bytes += features.data.byteLength;
    onProgress?.({ kind: 'load', rows: next, bytes });
    yield { first, features, labels };
  }
}

/**
 * Reads all chunks as one matrix with its labels, for a head's `fit`.
 *
 * @throws FerError `NOT_FOUND` if there are none, and as {@link readFeatures}.
 *
 * @example
 * ```ts
 * const { features, labels } = await loadFeatures(diskStore('features'));
 * await softmax().fit(features, labels);
 * ```
 */
export async function loadFeatures(
  store: FileStore,
  options: RunOptions = {},
): Promise<{ features: FeatureMatrix; labels: Labels }> {
  const chunks: FeatureChunk[] = [];
  for await (const chunk of readFeatures(store, options)) chunks.push(chunk);
  if (chunks.length === 0) {
    throw new FerError('NOT_FOUND', 'no features there: extract some first.', { file: store.location });
  }
  const all = chunks.map(({ labels }) => labels);
  const { classes, soft } = all[0];
  const labels = joinBytes(all.map((each) => each.labels));
  return {
    features: joinFeatures(chunks.map(({ features }) => features)),
    labels: { labels, classes, ...(soft && { soft: joinFloats(all.map((each) => each.soft!)) }) },
  };
}
