import { bindRunOptions, isFerError, type LinearLayer } from 'fer-core';
import { type Surveyed, surveyChunks } from '../rows/chunks.js';
import type { ReadChunks } from '../rows/reading.js';
import { fitLinear, type Loss } from './fitLinear.js';
import { type LinearModel, modelToLayer } from './linearModel.js';
import type { LinearFitOptions, LinearFitResult, ResolvedOptions } from './options.js';
import { prepareMatrix, prepareSource } from './prepare.js';
import { warnRounded } from './roundedScores.js';

/** Limits for the solution on the sampled rows, which is only a starting point. */
const FIRST = { tolerance: 1e-3, maxIterations: 20 };

/**
 * Fits a linear model on rows that each pass reads chunk by chunk. The optimum is the same as in memory. A sample of
 * the rows stays in memory, for preconditioners and for a first solution. If the sample contains all rows, the model is
 * fitted in memory.
 */
export async function fitChunks(
  loss: Loss,
  options: ResolvedOptions,
  read: ReadChunks,
  run: LinearFitOptions,
  pause: () => Promise<void> | undefined,
): Promise<{ model: LinearModel; result: Omit<LinearFitResult, 'seconds'> }> {
  const surveyed = await surveyChunks(read, pause);
  try {
    const found = await fitRows(surveyed, loss, options, run, pause);
    await surveyed.finish();
    return found;
  } catch (error) {
    // A reader that fails to end, too, must not hide what went wrong before.
    await surveyed.close().catch(() => undefined);
    throw error;
  }
}

async function fitRows(
  surveyed: Surveyed,
  loss: Loss,
  options: ResolvedOptions,
  run: LinearFitOptions,
  pause: () => Promise<void> | undefined,
): Promise<{ model: LinearModel; result: Omit<LinearFitResult, 'seconds'> }> {
  const { source, y, kept } = surveyed;
  const all = kept.rows.length === source.rows;
  const prepared = await (all ? prepareMatrix(kept.x, pause) : prepareSource(source, kept, surveyed));
  // One by one: the options may be an instance of a class with getters.
  const { sampleWeight, start = all ? undefined : await startOn(surveyed, loss, options, run, pause) } = run;
  const { model, result } = await fitLinear(
    loss,
    options,
    prepared,
    y,
    { sampleWeight, start, ...bindRunOptions(run) },
    pause,
  );
  warnRounded(bindRunOptions(run), model, kept.x);
  return { model, result: { ...result, passes: all ? result.passes : result.passes + 1 } };
}

/** Returns the solution on the sampled rows, or `undefined` if they lack a class. */
async function startOn(
  { source, kept }: Surveyed,
  loss: Loss,
  options: ResolvedOptions,
  { sampleWeight }: LinearFitOptions,
  pause: () => Promise<void> | undefined,
): Promise<LinearLayer | undefined> {
  const few = { ...options, ...FIRST, C: (options.C * source.rows) / kept.rows.length };
  const weights = sampleWeight && kept.rows.map((row) => sampleWeight[row]);
  try {
    const prepared = await prepareMatrix(kept.x, pause);
    const { model } = await fitLinear(loss, few, prepared, kept.y, { sampleWeight: weights }, pause);
    return modelToLayer(model);
  } catch (error) {
    if (isFerError(error, 'INVALID_DATA')) return undefined;
    throw error;
  }
}
