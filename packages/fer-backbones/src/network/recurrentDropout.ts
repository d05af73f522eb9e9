import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { dropout } from 'fer-wasm';

type Masks = tf.Tensor | tf.Tensor[] | null;

/** What tfjs-layers' recurrent cells have, which its types don't show. */
interface Cell {
  dropoutFunc?: ((ones: tf.Tensor, rate: number) => tf.Tensor) | undefined;
  dropoutMask: Masks;
  recurrentDropoutMask: Masks;
}

/** The parts of layers that hold other layers or cells: of RNN, StackedRNNCells, Bidirectional and TimeDistributed. */
interface Holder {
  readonly cell?: unknown;
  readonly cells?: readonly unknown[];
  readonly layer?: unknown;
  readonly forwardLayer?: unknown;
  readonly backwardLayer?: unknown;
}

/**
 * Runs a layer with the dropout of its recurrent cells, if it has any, drawn from a seed: tfjs-layers draws it from a
 * generator that no seed controls. The masks, which tfjs-layers keeps until the next batch, are freed.
 *
 * @param run - Calls the layer.
 */
export function withRecurrentDropout<T>(layer: layers.Layer, seed: number, run: () => T): T {
  const cells = cellsOf(layer);
  // A function of the user's own stays.
  const ours = cells.filter((cell) => !cell.dropoutFunc);
  let masks = 0;
  for (const cell of ours) {
    cell.dropoutFunc = (ones, rate) => dropout(ones, rate, (seed + ++masks * 0x517cc1b7) | 0);
  }
  try {
    return run();
  } finally {
    for (const cell of ours) cell.dropoutFunc = undefined;
    for (const cell of cells) {
      tf.dispose([cell.dropoutMask, cell.recurrentDropoutMask].flat().filter((mask) => mask !== null));
      cell.dropoutMask = null;
      cell.recurrentDropoutMask = null;
    }
  }
}

function cellsOf(part: unknown): Cell[] {
  if (typeof part !== 'object' || part === null) return [];
  if ('recurrentDropoutMask' in part) return [part as Cell];
  const { cell, cells = [], layer, forwardLayer, backwardLayer } = part as Holder;
  return [cell, ...cells, layer, forwardLayer, backwardLayer].flatMap(cellsOf);
}
