import {
  argmaxRows,
  breathe,
  checkOptions,
  type FeatureMatrix,
  FerError,
  type Head,
  type Labels,
  type LinearLayer,
  type PartLoader,
  RUN_OPTIONS,
  type RunOptions,
  resolveLabels,
  type SavedPart,
} from 'fer-core';
import { pacer } from '../rows/pacer.js';
import type { ReadChunks } from '../rows/reading.js';
import { warnNotConverged } from '../rows/warning.js';
import { fitChunks } from './fitChunks.js';
import { fitLinear, type Loss } from './fitLinear.js';
import { type LinearModel, linearScores, loadModel, modelFromLayer, modelToLayer, saveModel } from './linearModel.js';
import {
  type LinearFitOptions,
  type LinearFitResult,
  type LinearHeadOptions,
  optionsToJson,
  resolveOptions,
} from './options.js';
import { type Prepared, prepareMatrix } from './prepare.js';
import { warnRounded } from './roundedScores.js';

/** A head whose scores are linear in the features. */
export interface LinearHead extends Head {
  /**
   * Trains on n rows, replacing what was learned before. If there are soft labels, they are used instead of hard ones.
   * `onProgress` gets a warning of code `NOT_CONVERGED` where the tolerance is not reached, and of code `ROUNDED_SCORES`
   * where features are so small that the scores of the classes are equal in float32.
   *
   * @throws FerError `INVALID_DATA` if x or y break their contracts or do not match, or if a class has no rows (its
   *   score would be arbitrary); `INVALID_ARGUMENT` if `classWeight` or `start` do not fit the data.
   */
  fit(x: FeatureMatrix, y?: Labels, options?: LinearFitOptions): Promise<LinearFitResult>;
  /**
   * As `fit`, for rows that do not fit in memory. Each pass reads them chunk by chunk; the optimum is the same. In
   * memory are one chunk, a label or distribution and a few numbers per row, and up to 8,192 rows (at most 32 MiB) for
   * preconditioners.
   *
   * The first reading collects the labels and a checksum of each row. Later ones are compared with both, so that a
   * reader that shuffles or augments is refused. A chunk's arrays are not used any more when the next chunk is asked
   * for: a reader may write that into the same memory.
   *
   * @param read - Starts reading all chunks from the first: e.g. fer-backbones' `() => readFeatures(store)`. It is called
   *   once per pass over the features, some dozens of times. Each call must give the same rows and labels, to the bit,
   *   in the same order; the chunks may begin and end at other rows.
   * @throws FerError as `fit`, naming the chunk and the reading (from 1) and the row over all; `INVALID_DATA` if chunks
   *   differ in their columns or classes, or a row, a label or the number of rows from one reading to the next;
   *   `INVALID_ARGUMENT` if `read` doesn't return an iterable; and whatever `read` throws. The reading is ended before.
   *
   * @example
   * ```ts
   * await head.fitChunks(() => readFeatures(diskStore('features')));
   * ```
   */
  fitChunks(read: ReadChunks, options?: LinearFitOptions): Promise<LinearFitResult>;
  /**
   * Returns the weights, rounded to float32, as a dense layer, e.g. to put on a backbone or to start another fit from.
   *
   * @throws FerError `NOT_FITTED`.
   */
  toLayer(): LinearLayer;
}

/** Rows to fit, with features prepared for several fits. */
export interface PreparedRows {
  readonly x: FeatureMatrix;
  readonly y: Labels;
  readonly prepared: Prepared;
}

type FitPrepared = (rows: PreparedRows, options: LinearFitOptions) => Promise<LinearFitResult>;

/**
 * How the heads of this package fit prepared rows. In a WeakMap, so that it is not part of the heads' public interface.
 */
const preparedFits = new WeakMap<LinearHead, FitPrepared>();

/** Fits a head to prepared rows. For a linear head from outside this package, it prepares them again. */
export function fitPrepared(head: LinearHead, rows: PreparedRows, options: LinearFitOptions): Promise<LinearFitResult> {
  const fit = preparedFits.get(head);
  return fit ? fit(rows, options) : head.fit(rows.x, rows.y, options);
}

/** The differences between the kinds of linear heads. */
export interface LinearKind {
  /** The `kind` of its {@link PartLoader}. */
  readonly kind: string;
  readonly defaultBias: 'regularised' | 'free';
  readonly objective: Loss;
}

const ADVICE =
  'features of very different or large scales (raw pixels of 0 to 255) are the usual reason, and standardise: true the ' +
  'cure; else lower C, or raise maxIterations or tolerance';

/** Makes a linear head of some kind. The head is fitted if a model is given. */
export function makeLinearHead(kind: LinearKind, given: LinearHeadOptions, initial?: LinearModel): LinearHead {
  const options = resolveOptions(given, kind.defaultBias);
  let model = initial;
  const fitted = (): LinearModel => {
    if (model) return model;
    throw new FerError('NOT_FITTED', 'the head has learned nothing yet: call fit first.');
  };
  async function scores(call: string, x: FeatureMatrix, run?: RunOptions): Promise<FeatureMatrix> {
    checkOptions(call, run, RUN_OPTIONS);
    return linearScores(fitted(), x, run?.signal);
  }
  async function learn(
    run: LinearFitOptions,
    solve: (
      pause: () => Promise<void> | undefined,
    ) => Promise<{ model: LinearModel; result: Omit<LinearFitResult, 'seconds'> }>,
  ): Promise<LinearFitResult> {
    const begun = performance.now();
    checkOptions('fit', run, ['sampleWeight', 'start', ...RUN_OPTIONS]);
    if (run.start !== undefined) modelFromLayer(run.start);
    await breathe(run.signal);
    const found = await solve(pacer(run.signal));
    model = found.model;
    if (!found.result.converged) warnNotConverged(run, ADVICE);
    return { ...found.result, seconds: (performance.now() - begun) / 1000 };
  }
  const head: LinearHead = {
    get classes() {
      return model?.classes ?? [];
    },
    fit: (x, y, run = {}) =>
      learn(run, async (pause) => {
        const labels = resolveLabels(x, y);
        const prepared = await prepareMatrix(x, pause);
        const found = await fitLinear(kind.objective, options, prepared, labels, run, pause);
        warnRounded(run, found.model, x);
        return found;
      }),
    fitChunks: (read, run = {}) => learn(run, (pause) => fitChunks(kind.objective, options, read, run, pause)),
    decisionFunction: (x, run) => scores('decisionFunction', x, run),
    predict: async (x, run) => argmaxRows(await scores('predict', x, run)),
    toLayer: () => modelToLayer(fitted()),
    serialize: async (): Promise<SavedPart> => saveModel(kind.kind, fitted(), optionsToJson(options)),
    dispose() {
      model = undefined;
    },
  };
  preparedFits.set(head, ({ x, y, prepared }, run) =>
    learn(run, async (pause) => {
      const found = await fitLinear(kind.objective, options, prepared, y, run, pause);
      warnRounded(run, found.model, x);
      return found;
    }),
  );
  return head;
}

/** Makes the loader of one kind of linear head. */
export function linearLoader<H extends Head>(
  kind: string,
  make: (options: LinearHeadOptions, model: LinearModel) => H,
): PartLoader<H> {
  return {
    kind,
    async load(part) {
      const model = loadModel(part);
      try {
        return make((part.config.options ?? {}) as LinearHeadOptions, model);
      } catch (cause) {
        throw new FerError('CORRUPT', `the saved ${kind} has options it cannot have: save it again.`, {}, { cause });
      }
    },
  };
}
