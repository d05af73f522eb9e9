import { type Dataset, FerError } from 'fer-core';
import { imageWeights } from './classWeight.js';
import type { Settings } from './settings.js';

/**
 * The largest allowed ratio of an epoch's loss to the loss of equal scores. At this limit the scores are some hundred
 * times too large: the cross-entropy grows linearly with them, the squared hinge with their square.
 */
const LIMITS = { softmax: 100, squaredHinge: 10_000 };

/**
 * Returns the mean loss of a network that gives every class the score 0: ln k for cross-entropy, k for the squared
 * hinge. Training should end well below it.
 */
export function lossOfEqualScores(data: Dataset, { loss, classWeight, distillation }: Settings): number {
  const k = data.classes.length;
  const weights = classWeight && imageWeights(data, classWeight);
  const meanWeight = weights ? weights.reduce((sum, weight) => sum + weight, 0) / data.n : 1;
  if (loss === 'squaredHinge') return k * meanWeight;
  const { temperature = 1, weight = 0 } = distillation ?? {};
  return Math.log(k) * (weight * temperature ** 2 + (1 - weight) * meanWeight);
}

/** The place in a training run where a loss was computed. */
export interface LossPlace {
  readonly epoch: number;
  readonly step: number;
  readonly learningRate: number;
  /** Whether checkpoints are saved. */
  readonly saved: boolean;
}

/** Throws `DIVERGED` if a loss is not finite. */
export function demandFinite(name: string, loss: number, place: LossPlace): void {
  if (!Number.isFinite(loss)) throw diverged(`${name} is ${loss}`, place);
}

/**
 * Throws `DIVERGED` if an epoch's losses are finite but far above the loss of equal scores. Both the mean and the last
 * loss must be, so that a bad start alone doesn't count.
 */
export function demandSane(losses: readonly number[], equal: number, { loss }: Settings, place: LossPlace): void {
  const limit = LIMITS[loss] * equal;
  const lowest = Math.min(...losses);
  if (lowest <= limit) return;
  throw diverged(`loss is ${lowest.toPrecision(3)}, that of equal scores ${equal.toPrecision(3)},`, place);
}

function diverged(what: string, { epoch, step, learningRate, saved }: LossPlace): FerError {
  const kept = saved ? ' The checkpoints before are as they were.' : '';
  return new FerError(
    'DIVERGED',
    `${what} at epoch ${epoch}, step ${step}, learning rate ${learningRate}: lower the rate.${kept}`,
  );
}
