import type { Sequential } from '@tensorflow/tfjs-layers';
import { FerError } from 'fer-core';

/** Which layers to freeze: those from one up to, and without, another. */
export interface FreezeRange {
  /** Name of the first layer frozen. @default the network's first */
  readonly from?: string;
  /** Name of the first layer after it that trains. @default none: all are frozen */
  readonly until?: string;
}

/**
 * Marks the layers of a range as not trainable and all others as trainable: the flags that tfjs-layers has, and saves.
 *
 * @throws FerError `INVALID_ARGUMENT` where there is no such layer.
 */
export function freezeLayers(model: Sequential, { from, until }: FreezeRange): void {
  const start = from === undefined ? 0 : layerIndex(model, from);
  const end = until === undefined ? model.layers.length : layerIndex(model, until);
  if (start > end) {
    throw new FerError('INVALID_ARGUMENT', `layer ${from} comes after ${until}: give the range the other way round.`);
  }
  for (const [i, layer] of model.layers.entries()) {
    if (layer.getClassName() !== 'InputLayer') layer.trainable = i < start || i >= end;
  }
}

/** The position of a layer, by its name. Throws `INVALID_ARGUMENT` where there is none. */
export function layerIndex(model: Sequential, name: string): number {
  const index = model.layers.findIndex((layer) => layer.name === name);
  if (index >= 0) return index;
  const names = model.layers.map((layer) => layer.name).join(', ');
  throw new FerError('INVALID_ARGUMENT', `there is no layer ${name}: choose among ${names}.`);
}
