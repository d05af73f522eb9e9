import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { FerError } from 'fer-core';

/** One array of a layer's weights, as a file holds it. */
export interface NamedWeight {
  /** E.g. `block1_conv1/kernel:0`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The weights of a file: the arrays of each layer by its name, in the order kernel, bias, or γ, β, mean, variance. */
export type NamedWeights = ReadonlyMap<string, readonly NamedWeight[]>;

/**
 * Sets the weights of layers from a file, by name. It checks every layer before it changes any.
 *
 * @param file - Path or URL, for messages.
 * @throws FerError `INVALID_DATA` if a layer is missing in the file, or has other shapes there.
 */
export function assignWeights(targets: readonly layers.Layer[], weights: NamedWeights, file: string): void {
  const pairs = targets.flatMap((layer) => {
    const shapes = layer.weights.map(({ shape }) => shape.join('×'));
    if (shapes.length === 0) return [];
    const found = weights.get(layer.name) ?? numbered(layer.name, weights, targets);
    if (!found?.length) {
      const names = [...weights.keys()].slice(0, 5).join(', ') || 'none';
      throw new FerError(
        'INVALID_DATA',
        `it has no weights of layer ${layer.name} (it has those of ${names}${weights.size > 5 ? ', …' : ''}): ` +
          'give the weights of this network.',
        { file },
      );
    }
    const stored = found.map(({ shape }) => shape.join('×'));
    if (stored.join() !== shapes.join()) {
      throw new FerError(
        'INVALID_DATA',
        `layer ${layer.name} has weights ${stored.join(', ')}, the network's are ${shapes.join(', ')}: ` +
          'give the weights of this network.',
        { file },
      );
    }
    checkFinite(layer.name, found, file);
    return [{ layer, found }];
  });
  for (const { layer, found } of pairs) {
    tf.tidy(() => layer.setWeights(found.map(({ values, shape }) => tf.tensor(values, [...shape]))));
  }
}

/** Keras may append a number to make a scope unique. Returns the only `name_2` that no other layer uses. */
function numbered(name: string, weights: NamedWeights, targets: readonly layers.Layer[]) {
  const candidates = [...weights.keys()].filter(
    (key) => key.startsWith(`${name}_`) && /^\d+$/.test(key.slice(name.length + 1)),
  );
  const free = candidates.filter((key) => !targets.some((target) => target.name === key));
  return free.length === 1 ? weights.get(free[0]) : undefined;
}

function checkFinite(layer: string, weights: readonly NamedWeight[], file: string): void {
  const bad = weights.find(({ values }) => !values.every(Number.isFinite));
  if (bad) {
    throw new FerError('INVALID_DATA', `layer ${layer} has NaN or ∞ in ${bad.name}: this training diverged.`, { file });
  }
}
