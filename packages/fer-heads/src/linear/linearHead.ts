import {
  argmaxRows,
  breathe,
  type FeatureMatrix,
  FerError,
  type Head,
  type Labels,
  type LinearLayer,
  type PartLoader,
  type SavedPart,
} from 'fer-core';
import type { ReadChunks } from '../rows/chunks.js';
import { pacer } from '../rows/pacer.js';
import { fitChunks } from './fitChunks.js';
import { fitLinear, type Loss } from './fitLinear.js';
import { type LinearModel, linearScores, loadModel, modelToLayer, saveModel } from './linearModel.js';
import {
  type LinearFitOptions,
  type LinearFitResult,
  type LinearHeadOptions,
  optionsToJson,
  resolveOptions,
} from './options.js';
import { type Prepared, prepareMatrix } from './prepare.js';

/** A head whose scores are linear in the features. */
export interface LinearHead extends Head {
  /**
   * Learns from n rows, replacing what was learned before. Soft labels, where there are any, count instead of hard
   * ones.
   *
   * @throws FerError `INVALID_DATA` where x or y break their contracts or do not match, or where a class has no rows
   *   (its score would be arbitrary); `INVALID_ARGUMENT` where `classWeight` or `start` do not fit the data.
   */
  fit(x: FeatureMatrix, y: Labels, options?: LinearFitOptions): Promise<LinearFitResult>;
  /**
   * The same for rows that do not fit in memory: they are read chunk by chunk in each pass, and end in the same
   * optimum. One chunk is held at a time, a label or distribution and a few numbers a row, and up to 8,192 rows (or 32
   * MiB of them) to make preconditioners of.
   *
   * @param read - Begins to read all chunks from the first, the same ones each time: e.g. fer-backbones'
   *   `() => readFeatures(store)`. It is called once for each pass over the features, some dozens of times.
   * @throws FerError as `fit`, naming the chunk (from 1) and the row over all; `INVALID_DATA` where chunks differ in
   *   their columns or classes, or from one reading to the next; and whatever `read` throws.
   *
   * @example
   * ```ts
   * await head.fitChunks(() => readFeatures(diskStore('features')));
   * ```
   */
  fitChunks(read: ReadChunks, options?: LinearFitOptions): Promise<LinearFitResult>;
  /**
   * The weights, rounded to float32, as a dense layer: to put on a backbone, or to start another fit from.
   *
   * @throws FerError `NOT_FITTED`.
   */
  toLayer(): LinearLayer;
}

/** What several fits of the same features share. */
export interface Reuse {
  readonly prepared?: Prepared;
}

/** What tells one kind of linear head from another. */
export interface LinearKind {
  /** Of its {@link PartLoader}. */
  readonly kind: string;
  readonly defaultBias: 'regularised' | 'free';
  readonly objective: Loss;
}

/** A linear head of some kind, fitted where a model is given. */
export function makeLinearHead(kind: LinearKind, given: LinearHeadOptions, initial?: LinearModel): LinearHead {
  const options = resolveOptions(given, kind.defaultBias);
  let model = initial;
  const fitted = (): LinearModel => {
    if (model) return model;
    throw new FerError('NOT_FITTED', 'the head has learned nothing yet: call fit first.');
  };
  async function learn(
    { signal }: LinearFitOptions,
    solve: (
      pause: () => Promise<void> | undefined,
    ) => Promise<{ model: LinearModel; result: Omit<LinearFitResult, 'seconds'> }>,
  ): Promise<LinearFitResult> {
    const begun = performance.now();
    await breathe(signal);
    const found = await solve(pacer(signal));
    model = found.model;
    return { ...found.result, seconds: (performance.now() - begun) / 1000 };
  }
  const head: LinearHead = {
    get classes() {
      return model?.classes ?? [];
    },
    fit: (x, y, run: LinearFitOptions & Reuse = {}) =>
      learn(run, async (pause) => {
        const prepared = await (run.prepared ?? prepareMatrix(x, pause));
        return fitLinear(kind.objective, options, prepared, y, run, pause);
      }),
    fitChunks: (read, run = {}) => learn(run, (pause) => fitChunks(kind.objective, options, read, run, pause)),
    decisionFunction: async (x, run) => linearScores(fitted(), x, run?.signal),
    predict: async (x, run) => argmaxRows(await head.decisionFunction(x, run)),
    toLayer: () => modelToLayer(fitted()),
    serialize: async (): Promise<SavedPart> => saveModel(kind.kind, fitted(), optionsToJson(options)),
    dispose() {
      model = undefined;
    },
  };
  return head;
}

/** Reads back what `serialize` of one kind of linear head gives. */
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
