import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkOptions, FerError } from 'fer-core';
import { type Plan, planOf, positionsOf } from './plan.js';

/** The range of layers to freeze, in the order of `summary`. */
export interface FreezeRange {
  /** Name of the first frozen layer. @default the network's first layer */
  readonly from?: string | undefined;
  /**
   * Name of the first layer after the range, which is not frozen. @default none: all layers from `from` on are frozen
   */
  readonly until?: string | undefined;
}

/**
 * Sets tfjs-layers' `trainable` flags, which are saved with the model: false for the layers of a range, true for all
 * others. The position of a layer that is called several times is that of its first call.
 *
 * @throws FerError `INVALID_ARGUMENT` if there is no such layer.
 */
export function freezeLayers(model: LayersModel, range: FreezeRange): void {
  const plan = planOf(model);
  const [start, end] = frozenPositions(plan, range);
  flagLayers(plan, (position) => position < start || position >= end);
}

/**
 * Checks a range without freezing anything.
 *
 * @throws FerError as {@link freezeLayers}.
 */
export function checkFreezeRange(model: LayersModel, range: FreezeRange): void {
  frozenPositions(planOf(model), range);
}

/** The first position of a range, and the first after it. */
function frozenPositions(plan: Plan, range: FreezeRange): [start: number, end: number] {
  checkOptions('freeze', range, ['from', 'until']);
  const { from, until } = range;
  const start = from === undefined ? 0 : positionsOf(plan, from)[0];
  const end = until === undefined ? plan.steps.length : positionsOf(plan, until)[0];
  if (start > end) {
    throw new FerError('INVALID_ARGUMENT', `layer ${from} comes after ${until}: give the range the other way round.`);
  }
  return [start, end];
}

/** Makes all layers trainable. */
export function unfreezeLayers(model: LayersModel): void {
  flagLayers(planOf(model), () => true);
}

/**
 * Moves the `trainable` flags of nested models to their layers: the layers of a frozen model become frozen. The files
 * of tfjs-layers only store the flags of layers.
 */
export function settleFlags(model: LayersModel): void {
  const plan = planOf(model);
  if (plan.steps.every(({ within }) => within.every(({ trainable }) => trainable))) return;
  const trains = plan.steps.map(({ layer, within }) => layer.trainable && within.every(({ trainable }) => trainable));
  flagLayers(plan, (position) => trains[position]);
}

function flagLayers({ steps }: Plan, trains: (position: number) => boolean): void {
  // Setting a model's flag changes the weights of its layers, so models come before layers.
  for (const { within } of steps) {
    for (const model of within) if (!model.trainable) model.trainable = true;
  }
  const flagged = new Set<object>();
  for (const [position, { layer }] of steps.entries()) {
    if (layer.getClassName() === 'InputLayer' || flagged.has(layer)) continue;
    flagged.add(layer);
    layer.trainable = trains(position);
  }
}
