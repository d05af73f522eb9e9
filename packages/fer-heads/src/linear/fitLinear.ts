import { bindRunOptions, FerError, type Labels, type LinearLayer, sameClasses } from 'fer-core';
import { type Minimum, minimise, type Objective, type Start } from '../newton/newton.js';
import { type Products, plainProducts } from '../products/products.js';
import type { Weighting } from '../rows/targets.js';
import { type Design, makeDesign, type Passes } from './design.js';
import { STANDARD_PASSES, standardFrame } from './frame.js';
import { type LinearModel, modelFromLayer } from './linearModel.js';
import type { LinearFitOptions, LinearFitResult, ResolvedOptions } from './options.js';
import type { Sample } from './preconditioners.js';
import type { Prepared } from './prepare.js';

/** Makes the objective of a head for given data. */
export type Loss = (y: Labels, n: number, weighting: Weighting) => (design: Design, passes: Passes) => Objective;

/** The options of one stage of a fit. */
interface Stage extends Passes {
  readonly design: Design;
  readonly tolerance: number;
  readonly maxIterations: number;
  /** Only for objectives with fused passes: others gain nothing from this stage. */
  readonly fusedOnly?: boolean;
}

/**
 * Limits of a first solution on an eighth of the rows, and the number of rows from which it pays. It stops early,
 * because an eighth of the rows can be easier to separate than all of them, and then harder to solve.
 */
const FIRST = { rows: 8192, every: 8, tolerance: 1e-2, maxIterations: 5 };
/** How accurate the solution must at least be before values and gradients are computed in float64. */
const ROUNDED = { tolerance: 1e-4 };

/**
 * Fits a linear model in up to four stages, each of which starts from the result of the one before:
 *
 * 1. the WASM functions in float32, on an eighth of the rows
 * 2. the same on all rows, for an objective with fused passes: the squared hinge of sparse features
 * 3. with values and gradients in float64
 * 4. without the WASM functions, all in float64, if stage 3 has not reached the tolerance
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
  let starts: Start[] | undefined;
  const designs = [plain];
  let iterations = 0;
  const stage = async ({ design, exact, every, tolerance, maxIterations, fusedOnly = false }: Stage) => {
    const problemsOf = objective(design, { exact, every });
    if (fusedOnly && !problemsOf.fused) return false;
    const { problems, size } = problemsOf;
    const from = () =>
      start === undefined ? new Float64Array(problems * size) : startFrom(start, design, source.columns, y);
    starts ??= split(from(), problems);
    const before = iterations;
    const found = await minimise(problemsOf, starts, {
      exact,
      together: exact && problemsOf.fused && !sample.rows,
      tolerance,
      maxIterations,
      onIteration(iteration, value, gradient) {
        if (every > 1) return;
        iterations = before + iteration;
        onProgress?.({ kind: 'solver', iteration: iterations, objective: value, gradient });
      },
    });
    if (!found.every(({ value }) => Number.isFinite(value))) return false;
    minima = found;
    starts = found;
    return exact && found.every(({ converged }) => converged);
  };

  let converged = false;
  if (fast) {
    const design = designBy(fast, sample);
    designs.push(design);
    if (start === undefined && source.rows >= FIRST.rows) {
      await stage({
        design,
        exact: false,
        every: FIRST.every,
        tolerance: FIRST.tolerance,
        maxIterations: FIRST.maxIterations,
      });
    }
    const left = () => options.maxIterations - iterations;
    // If rows are read anew for each pass, float32 passes are no faster than others.
    if (!sample.rows) {
      const tolerance = Math.max(options.tolerance, ROUNDED.tolerance);
      await stage({ design, exact: false, every: 1, tolerance, maxIterations: left(), fusedOnly: true });
    }
    converged = await stage({ design, exact: true, every: 1, tolerance: options.tolerance, maxIterations: left() });
  }
  if (!converged && iterations < options.maxIterations) {
    starts = starts?.map(({ point, spare }) => ({ point, spare }));
    const { tolerance, maxIterations } = options;
    converged = await stage({
      design: plain,
      exact: true,
      every: 1,
      tolerance,
      maxIterations: maxIterations - iterations,
    });
  }

  const objectives = minima.map(({ value }) => value);
  const total = objectives.reduce((a, b) => a + b, 0);
  if (minima.length === 0 || !Number.isFinite(total)) {
    throw new FerError(
      'INVALID_DATA',
      'the objective is not finite, whatever the weights: scale the features down, or lower C or the sample weights.',
    );
  }
  const found = new Float64Array(minima.length * minima[0].point.length);
  minima.forEach(({ point }, p) => {
    found.set(point, p * point.length);
  });
  const model: LinearModel = { classes: [...y.classes], d: source.columns, ...plain.fold(found, y.classes.length) };
  if (!model.weights.every(Number.isFinite) || !model.bias.every(Number.isFinite)) {
    throw new FerError('INVALID_DATA', 'features are so large that the weights overflow: scale them down.');
  }
  return {
    model,
    result: {
      iterations,
      converged,
      objective: total,
      objectives,
      passes: Math.ceil(designs.reduce((sum, { passes }) => sum + passes, options.standardise ? STANDARD_PASSES : 0)),
    },
  };
}

function split(v: Float64Array, problems: number): Start[] {
  const size = v.length / problems;
  return Array.from({ length: problems }, (_, p) => ({ point: v.slice(p * size, (p + 1) * size) }));
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
