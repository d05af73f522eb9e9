import { bindRunOptions, FerError, type Labels, type LinearLayer, sameClasses } from 'fer-core';
import { type Products, plainProducts } from '../products/products.js';
import type { Weighting } from '../rows/targets.js';
import { type Design, makeDesign, type Sample } from './design.js';
import { STANDARD_PASSES, standardFrame } from './frame.js';
import { type LinearModel, modelFromLayer } from './linearModel.js';
import { type Minimum, minimise, type Objective } from './newton.js';
import type { LinearFitOptions, LinearFitResult, ResolvedOptions } from './options.js';
import type { Prepared } from './prepare.js';

/** What a head minimises, once its data are known; with `every`, an estimate of it from so many times fewer rows. */
export type Loss = (y: Labels, n: number, weighting: Weighting) => (design: Design, every?: number) => Objective;

/**
 * Rows from which a first solution on a share of them pays, and how far to take it: an eighth of the rows can be easier
 * to separate, and then harder to solve, than all.
 */
const FIRST = { rows: 8192, every: 8, tolerance: 1e-2, steps: 5 };
/**
 * Fits a linear model in up to three stages, each going on where the one before ended: on an eighth of the rows, on all
 * by the WASM functions, and, where they have not reached the accuracy asked for, without them: all in float64.
 */
export async function fitLinear(
  loss: Loss,
  options: ResolvedOptions,
  { source, frame: own, fast, sample }: Prepared,
  y: Labels,
  run: LinearFitOptions,
  pause: () => Promise<void> | undefined,
): Promise<{ model: LinearModel; result: Omit<LinearFitResult, 'seconds'> }> {
  const { sampleWeight, start } = run;
  const { onProgress } = bindRunOptions(run);
  const objective = loss(y, source.rows, { C: options.C, classWeight: options.classWeight, sampleWeight });
  const frame = options.standardise ? await standardFrame(source, pause) : own;
  const designBy = (products: Products, from: Sample) => makeDesign(source, frame, options, products, from, pause);
  const plain = designBy(plainProducts(source), { ...sample, gram: undefined });

  let minima: Minimum[] = [];
  let points: Float64Array[] | undefined;
  let passes = options.standardise ? STANDARD_PASSES : 0;
  let iterations = 0;
  const stage = async (design: Design, tolerance: number, every = 1) => {
    const { answer, ...rest } = objective(design, every);
    const { problems, size } = rest;
    const counted = (queries: Parameters<typeof answer>[0]) => {
      passes += 1 / every;
      return answer(queries);
    };
    points ??= split(start ? startFrom(start, design, source.columns, y) : new Float64Array(problems * size), problems);
    const before = iterations;
    const found = await minimise({ ...rest, answer: counted }, points, {
      tolerance,
      maxIterations: every > 1 ? FIRST.steps : options.maxIterations - before,
      onIteration(iteration, value, gradient) {
        if (every > 1) return;
        iterations = before + iteration;
        onProgress?.({ kind: 'solver', iteration: iterations, objective: value, gradient });
      },
    });
    if (!found.every(({ value }) => Number.isFinite(value))) return false;
    minima = found;
    points = found.map(({ point }) => point);
    return every === 1 && found.every(({ converged }) => converged);
  };

  let converged = false;
  if (fast) {
    if (!start && source.rows >= FIRST.rows) {
      // Passes are so short here that nothing but the diagonal pays for itself.
      await stage(designBy(fast, { ...sample, gram: undefined }), FIRST.tolerance, FIRST.every);
    }
    converged = await stage(designBy(fast, sample), options.tolerance);
  }
  if (!converged && iterations < options.maxIterations) {
    converged = await stage(plain, options.tolerance);
  }

  const found = new Float64Array(minima.length * minima[0].point.length);
  minima.forEach(({ point }, p) => {
    found.set(point, p * point.length);
  });
  const model: LinearModel = { classes: [...y.classes], d: source.columns, ...plain.fold(found, y.classes.length) };
  if (!model.weights.every(Number.isFinite) || !model.bias.every(Number.isFinite)) {
    throw new FerError('INVALID_DATA', 'features are so large that the weights overflow: scale them down.');
  }
  const objectives = minima.map(({ value }) => value);
  return {
    model,
    result: {
      iterations,
      converged,
      objective: objectives.reduce((a, b) => a + b, 0),
      objectives,
      passes: Math.ceil(passes),
    },
  };
}

function split(v: Float64Array, problems: number): Float64Array[] {
  const size = v.length / problems;
  return Array.from({ length: problems }, (_, p) => v.slice(p * size, (p + 1) * size));
}

function startFrom(start: LinearLayer, design: Design, columns: number, y: Labels): Float64Array {
  const { d, classes, weights, bias } = modelFromLayer(start);
  if (d !== columns || !sameClasses(classes, y.classes)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `start has ${d} features and classes [${classes.join(', ')}], the data ${columns} and [${y.classes.join(', ')}]: they must be the same.`,
    );
  }
  return design.unfold(weights, bias);
}
