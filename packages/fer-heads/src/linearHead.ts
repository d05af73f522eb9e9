import {
  argmaxRows,
  breathe,
  checkFeatures,
  type FeatureMatrix,
  FerError,
  type Head,
  type Labels,
  type LinearLayer,
  type PartLoader,
  type SavedPart,
} from 'fer-core';
import { type Design, makeDesign } from './design.js';
import { type LinearModel, linearScores, loadModel, modelFromLayer, modelToLayer, saveModel } from './linearModel.js';
import { minimise, type Objective } from './newton.js';
import {
  type LinearFitOptions,
  type LinearFitResult,
  type LinearHeadOptions,
  optionsToJson,
  type ResolvedOptions,
  resolveOptions,
} from './options.js';
import type { Weighting } from './targets.js';

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
   * The weights, rounded to float32, as a dense layer: to put on a backbone, or to start another fit from.
   *
   * @throws FerError `NOT_FITTED`.
   */
  toLayer(): LinearLayer;
}

/** What tells one kind of linear head from another. */
export interface LinearKind {
  /** Of its {@link PartLoader}. */
  readonly kind: string;
  readonly defaultBias: 'regularised' | 'free';
  readonly objective: (design: Design, y: Labels, weighting: Weighting) => Objective;
}

/** A linear head of some kind, fitted where a model is given. */
export function makeLinearHead(kind: LinearKind, given: LinearHeadOptions, initial?: LinearModel): LinearHead {
  const options = resolveOptions(given, kind.defaultBias);
  let model = initial;
  const fitted = (): LinearModel => {
    if (model) return model;
    throw new FerError('NOT_FITTED', 'the head has learned nothing yet: call fit first.');
  };
  const head: LinearHead = {
    get classes() {
      return model?.classes ?? [];
    },
    async fit(x, y, run = {}) {
      const fit = await fitLinear(kind, options, x, y, run);
      model = fit.model;
      return fit.result;
    },
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

async function fitLinear(
  kind: LinearKind,
  options: ResolvedOptions,
  x: FeatureMatrix,
  y: Labels,
  { onProgress, signal, sampleWeight, start }: LinearFitOptions,
): Promise<{ model: LinearModel; result: LinearFitResult }> {
  const begun = performance.now();
  await breathe(signal);
  checkFeatures(x);
  const design = makeDesign(x, options, signal);
  const objective = kind.objective(design, y, { C: options.C, classWeight: options.classWeight, sampleWeight });
  const { problems, size } = objective;
  let passes = 0;
  const counted: Objective = {
    ...objective,
    answer(queries) {
      passes++;
      return objective.answer(queries);
    },
  };
  const v = start ? startFrom(start, design, x, y) : new Float64Array(problems * size);
  const starts = Array.from({ length: problems }, (_, p) => v.slice(p * size, (p + 1) * size));
  const minima = await minimise(counted, starts, {
    tolerance: options.tolerance,
    maxIterations: options.maxIterations,
    onIteration: (iteration, value, gradient) =>
      onProgress?.({ kind: 'solver', iteration, objective: value, gradient }),
  });
  const found = new Float64Array(problems * size);
  for (let p = 0; p < problems; p++) found.set(minima[p].point, p * size);
  const model: LinearModel = { classes: [...y.classes], d: x.columns, ...design.fold(found, y.classes.length) };
  if (!model.weights.every(Number.isFinite) || !model.bias.every(Number.isFinite)) {
    throw new FerError('INVALID_DATA', 'features are so large that the weights overflow: scale them down.');
  }
  const objectives = minima.map(({ value }) => value);
  return {
    model,
    result: {
      iterations: Math.max(...minima.map(({ iterations }) => iterations)),
      converged: minima.every(({ converged }) => converged),
      objective: objectives.reduce((a, b) => a + b, 0),
      objectives,
      passes,
      seconds: (performance.now() - begun) / 1000,
    },
  };
}

function startFrom(start: LinearLayer, design: Design, x: FeatureMatrix, y: Labels): Float64Array {
  const { d, classes, weights, bias } = modelFromLayer(start);
  if (d !== x.columns || classes.join('\n') !== y.classes.join('\n')) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `start has ${d} features and classes [${classes.join(', ')}], the data ${x.columns} and [${y.classes.join(', ')}]: they must be the same.`,
    );
  }
  return design.unfold(weights, bias);
}
