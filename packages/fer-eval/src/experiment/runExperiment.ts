import {
  checkArray,
  checkFeatures,
  checkFunction,
  checkJson,
  checkMethods,
  checkObject,
  checkOptions,
  checkString,
  datasetDigest,
  describeValue,
  type FeatureMatrix,
  FerError,
  isFerError,
  type JsonObject,
  RUN_OPTIONS,
} from 'fer-core';
import { readCell, writeCell } from './cellStore.js';
import { checkParts, checkSplits, splitsOf } from './checkParts.js';
import {
  featureFolder,
  readFeatureFiles,
  removeUnfinished,
  type StoredFeatures,
  writeFeatureFiles,
} from './featureFiles.js';
import { fitHead, type HeadAnswer, type HeadTask } from './fitHead.js';
import { checkWorkers, openHeadPool, shareFeatures, threadsWithin } from './headPool.js';
import { jsonDigest } from './key.js';
import { openLedger } from './ledger.js';
import { evaluateHeadAnswer } from './measureHead.js';
import type {
  BackboneContext,
  Experiment,
  ExperimentBackbone,
  ExperimentCell,
  ExperimentHead,
  ExperimentOptions,
} from './types.js';

/** Part of every key. Increase it whenever the files or their contents change, so that old files are not reused. */
const VERSION = 1;

type OnDamage = (file: string, reason: string) => void;

/**
 * Runs a grid: every backbone × every seed × every head. Features are computed once per backbone and seed, and every
 * head is fitted to them.
 *
 * Features and finished cells are stored in the folder under a digest of everything they depend on (names, options,
 * seed, data). A run that was killed continues when it is started again: finished cells are read, and a backbone is not
 * trained again if its features exist. If the grid has grown, only the new cells are computed. The file `ledger.jsonl`
 * has a line for every cell: options, digests of the data, versions, times, accuracies. A file that has changed since
 * it was written is reported (`damaged`) and computed again.
 *
 * Only one run at a time may use a folder.
 *
 * @throws FerError `INVALID_ARGUMENT` for an empty grid, missing or duplicate names or seeds, options that are not JSON
 *   (naming the property), or a property that a backbone, a head or the data don't have; `INVALID_DATA` if the data break
 *   their contract or differ in classes, `IO` if the folder can't be written. Any error of a backbone or a head ends
 *   the run; finished cells are kept.
 *
 * @example
 * ```ts
 * const { cells } = await runExperiment({
 *   backbones: [{ name: 'cnn', options: { epochs: 25 }, make: async ({ seed, train, signal }) => {
 *     const backbone = shallowCnn({ seed });
 *     await backbone.fit(train, { epochs: 25, seed, signal });
 *     return backbone;
 *   } }],
 *   heads: [{ name: 'svm', options: { C: 1e-3 }, make: () => linearL2SVM({ C: 1e-3 }) }],
 *   seeds: [1, 2, 3],
 *   data: { train, validation: publicTest, test: privateTest },
 *   folder: 'out/experiment',
 * });
 * ```
 */
export async function runExperiment(options: ExperimentOptions): Promise<Experiment> {
  checkObject('the options of runExperiment', options, 'give { backbones, heads, seeds, data, folder }');
  checkOptions('runExperiment', options, [
    'backbones',
    'heads',
    'seeds',
    'data',
    'folder',
    'versions',
    'workers',
    'onCell',
    ...RUN_OPTIONS,
  ]);
  checkGrid(options);
  const { backbones, heads, seeds, folder, signal } = options;
  const damaged: OnDamage = (file, reason) =>
    options.onProgress?.({ kind: 'checkpoint', action: 'damaged', file, reason });
  const data = await digests(options.data);
  await removeUnfinished(folder);
  const ledger = await openLedger(folder, (file) => damaged(file, 'a line of it was cut short.'));
  const total = backbones.length * seeds.length * heads.length;
  const cells: ExperimentCell[] = [];
  let done = 0;
  let computed = 0;

  for (const backbone of backbones) {
    for (const seed of seeds) {
      signal?.throwIfAborted();
      const featureKey = jsonDigest({ VERSION, backbone: part(backbone), seed, data });
      const keys = heads.map((head) => jsonDigest({ featureKey, head: part(head) }));
      const row: (ExperimentCell | undefined)[] = [];
      const finish = async (at: number, cell: ExperimentCell, from: 'computed' | 'disk') => {
        row[at] = cell;
        if (from === 'computed' || !ledger.has(cell.key)) await ledger.append(cell);
        options.onCell?.(cell, from);
        options.onProgress?.({ kind: 'transform', done: ++done, total });
      };
      for (const [at, key] of keys.entries()) {
        const cell = await unlessDamaged(() => readCell(folder, key), damaged);
        if (cell) await finish(at, cell, 'disk');
      }
      const missing = heads.map((_, at) => at).filter((at) => !row[at]);
      if (missing.length > 0) {
        const stored = await features(backbone, seed, featureKey, options, damaged);
        await fitAll(missing, stored.splits, seed, options, async (at, answer) => {
          const cell = makeCell(keys[at], backbone, heads[at], seed, data, stored, answer, options);
          await writeCell(folder, cell);
          computed++;
          await finish(at, cell, 'computed');
        });
      }
      cells.push(...(row as ExperimentCell[]));
    }
  }
  signal?.throwIfAborted();
  return { cells, computed };
}

/** Reads the features of a backbone and seed from disk, or computes and stores them. */
async function features(
  backbone: ExperimentBackbone,
  seed: number,
  key: string,
  options: ExperimentOptions,
  damaged: OnDamage,
): Promise<StoredFeatures> {
  const { folder, signal } = options;
  const found = await unlessDamaged(() => readFeatureFiles(folder, key), damaged);
  const stored = found ?? (await computeFeatures(backbone, seed, options));
  const file = found ? featureFolder(folder, key) : await writeFeatureFiles(folder, key, stored);
  options.onProgress?.({ kind: 'checkpoint', action: found ? 'resumed' : 'saved', file });
  signal?.throwIfAborted(); // a backbone may ignore the signal
  return stored;
}

async function computeFeatures(
  backbone: ExperimentBackbone,
  seed: number,
  options: ExperimentOptions,
): Promise<StoredFeatures> {
  const start = performance.now();
  const { data, signal } = options;
  const { train, validation } = data;
  const onProgress: BackboneContext['onProgress'] = (event) => options.onProgress?.(event);
  const extractor = await backbone.make({ seed, train, validation, onProgress, signal });
  const made = `what make of backbone "${backbone.name}" returned`;
  checkMethods(made, extractor, ['transform', 'dispose'], 'return the trained backbone');
  try {
    const trained = performance.now();
    const splits: Record<string, FeatureMatrix> = {};
    for (const [split, images] of splitsOf(data)) {
      const x = await extractor.transform(images, { signal });
      checkFeatures(x, splits.train?.columns);
      if (x.rows !== images.n) {
        const problem = `backbone "${backbone.name}" gave ${x.rows} rows of features for the ${images.n} images of ${split}`;
        throw new FerError('INVALID_DATA', `${problem}: its transform must return one row per image.`);
      }
      splits[split] = x;
    }
    const ended = performance.now();
    return { splits, seconds: { backbone: (trained - start) / 1000, features: (ended - trained) / 1000 } };
  } finally {
    extractor.dispose();
  }
}

/** Fits the missing heads: one after another in this thread, or in parallel in the worker threads. */
async function fitAll(
  missing: readonly number[],
  splits: HeadTask['features'],
  seed: number,
  { heads, workers, data, signal }: ExperimentOptions,
  finish: (at: number, answer: HeadAnswer) => Promise<void>,
): Promise<void> {
  const { labels, classes, soft } = data.train;
  const task = { seed, features: splits, labels: { labels, classes, soft } };
  if (!workers) {
    for (const at of missing) {
      signal?.throwIfAborted();
      await finish(at, await fitHead(heads[at], task, signal));
    }
    return;
  }
  const shared = { ...task, features: shareFeatures(splits) };
  const pool = openHeadPool(workers, threadsWithin(workers, splits, missing.length));
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort);
  });
  try {
    signal?.throwIfAborted(); // an abort before this fires no event
    const work = missing.map(async (at) => finish(at, await pool.fit(heads[at], shared)));
    await Promise.race([Promise.all(work), aborted]);
  } finally {
    signal?.removeEventListener('abort', abort);
    await pool.close();
  }
}

function makeCell(
  key: string,
  backbone: ExperimentBackbone,
  head: ExperimentHead,
  seed: number,
  digest: ExperimentCell['data'],
  { seconds }: StoredFeatures,
  answer: HeadAnswer,
  { data, versions = { node: process.version } }: ExperimentOptions,
): ExperimentCell {
  const { fit, evaluations, predicted, seconds: headSeconds } = evaluateHeadAnswer(answer, data);
  return {
    key,
    backbone: backbone.name,
    head: head.name,
    seed,
    options: { backbone: backbone.options ?? {}, head: head.options ?? {} },
    data: digest,
    versions,
    fit,
    evaluations,
    predicted,
    seconds: { ...seconds, head: headSeconds },
    finished: new Date().toISOString(),
  };
}

async function unlessDamaged<T>(read: () => Promise<T>, damaged: OnDamage): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isFerError(error, 'CORRUPT')) throw error;
    damaged(error.place.file ?? '', error.message);
    return undefined;
  }
}

async function digests(data: ExperimentOptions['data']): Promise<ExperimentCell['data']> {
  const entries = await Promise.all(
    splitsOf(data).map(async ([split, dataset]) => [split, await datasetDigest(dataset)] as const),
  );
  return Object.fromEntries(entries) as unknown as ExperimentCell['data'];
}

function part({ name, options = {} }: ExperimentBackbone | ExperimentHead): { name: string; options: JsonObject } {
  return { name, options };
}

function checkGrid({ backbones, heads, seeds, data, folder, versions, workers, onCell }: ExperimentOptions): void {
  checkParts('backbones', backbones);
  checkParts('heads', heads);
  checkArray('seeds', seeds);
  checkString('the folder', folder);
  if (folder === '') throw new FerError('INVALID_ARGUMENT', "the folder is empty: give its path, such as 'out/grid'.");
  if (versions !== undefined) {
    checkObject('versions', versions, 'give an object such as { node: process.version }');
    checkJson('versions', versions);
  }
  if (onCell !== undefined) checkFunction('onCell', onCell);
  if (workers !== undefined) checkWorkers(workers);
  for (const [i, seed] of seeds.entries()) {
    if (Number.isSafeInteger(seed)) continue;
    throw new FerError('INVALID_ARGUMENT', `seeds[${i}] is ${describeValue(seed)}: give whole numbers.`);
  }
  if (seeds.length === 0 || new Set(seeds).size !== seeds.length) {
    throw new FerError('INVALID_ARGUMENT', `seeds [${seeds.join(', ')}]: give one or more different ones.`);
  }
  checkSplits(data);
}
