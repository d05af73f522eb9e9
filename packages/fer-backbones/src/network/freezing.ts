import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkOptions, FerError } from 'fer-core';
import { type Plan, planOf, positionsOf } from './plan.js';

/** Which layers to freeze: those from one up to, and without, another, in the order of `summary`. */
export interface FreezeRange {
  /** Name of the first layer frozen. @default the network's first */
  readonly from?: string;
  /** Name of the first layer after it that trains. @default none: all are frozen */
  readonly until?: string;
}

/**
 * Marks the layers of a range as not trainable and all others as trainable: the flags that tfjs-layers has, and saves.
 * A layer that is called several times counts where it is called first.
 *
 * @throws FerError `INVALID_ARGUMENT` where there is no such layer.
 */
export function freezeLayers(model: LayersModel, range: FreezeRange): void {
  checkOptions('freeze', range, ['from', 'until']);
  const { from, until } = range;
  const plan = planOf(model);
  const start = from === undefined ? 0 : positionsOf(plan, from)[0];
  const end = until === undefined ? plan.steps.length : positionsOf(plan, until)[0];
  if (start > end) {
    throw new FerError('INVALID_ARGUMENT', `layer ${from} comes after ${until}: give the range the other way round.`);
  }
  flagLayers(plan, (position) => position < start || position >= end);
}

/** Lets all layers train. */
export function unfreezeLayers(model: LayersModel): void {
  flagLayers(planOf(model), () => true);
}

/**
 * Moves the flags of models inside the network to their layers: those of a frozen model are frozen. The files of
 * tfjs-layers keep the flags of layers alone.
 */
export function settleFlags(model: LayersModel): void {
  const plan = planOf(model);
  if (plan.steps.every(({ within }) => within.every(({ trainable }) => trainable))) return;
  const trains = plan.steps.map(({ layer, within }) => layer.trainable && within.every(({ trainable }) => trainable));
  flagLayers(plan, (position) => trains[position]);
}

function flagLayers({ steps }: Plan, trains: (position: number) => boolean): void {
  // A model hands its flag to the weights of its layers, so that models come before layers.
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
