import { FerError } from 'fer-core';
import type { Hdf5Group } from './hdf5.js';
import type { NamedWeight, NamedWeights } from './namedWeights.js';

/**
 * Reads the weights of a file that Keras 2 wrote with `save_weights` or, under `model_weights`, with `save`. All
 * weights of a nested model are in the group of that model; their names identify the layers.
 *
 * @param file - Path or URL, for messages.
 * @throws FerError `UNSUPPORTED` if the file has another layout, `CORRUPT` if an array that it lists is missing.
 */
export function kerasWeights(root: Hdf5Group, file: string): NamedWeights {
  const top = root.group('model_weights') ?? root;
  const layers = texts(top, 'layer_names');
  if (layers.length === 0) {
    throw new FerError(
      'UNSUPPORTED',
      'it has no layer_names, as the weights of Keras 2 have: save them by Keras 2 (or tf.keras, save_format="h5").',
      { file },
    );
  }
  const weights = new Map<string, readonly NamedWeight[]>();
  for (const name of layers) {
    const group = top.group(name);
    if (!group) throw new FerError('CORRUPT', `layer ${name} is listed and not there: fetch it again.`, { file });
    const stored = texts(group, 'weight_names').map((path) => {
      const array = group.array(path);
      if (!array) throw new FerError('CORRUPT', `weight ${path} is listed and not there: fetch it again.`, { file });
      return { name: path, ...array };
    });
    for (const [owner, own] of byOwner(name, stored)) {
      if (weights.has(owner)) {
        throw new FerError('UNSUPPORTED', `two layers are called ${owner}: rename one of them.`, { file });
      }
      weights.set(owner, own);
    }
  }
  return weights;
}

/**
 * Assigns a group's weights to layers. For `vgg16/block1_conv1/kernel:0` or `block1_conv1/kernel:0` in group vgg16, the
 * scope before the last slash names the layer. A group with a single scope, or without one (Keras 1:
 * `block1_conv1_W_1:0`), belongs to one layer, whatever number Keras appended to make the scope unique; or it is a
 * nested model of one layer, which has the name of the scope.
 */
function byOwner(group: string, weights: readonly NamedWeight[]): Map<string, readonly NamedWeight[]> {
  const owners = new Map<string, NamedWeight[]>();
  for (const weight of weights) {
    const owner = weight.name.split('/').at(-2) ?? group;
    owners.set(owner, [...(owners.get(owner) ?? []), weight]);
  }
  if (owners.size === 1 && !owners.has(group)) {
    const [scope] = owners.keys();
    if (scope.startsWith(`${group}_`)) return new Map([[group, weights]]);
    owners.set(group, [...weights]);
  }
  return owners;
}

/**
 * Long lists are split over several attributes, `layer_names0`, `layer_names1` and so on: HDF5 allows 64 kB per
 * attribute.
 */
function texts(group: Hdf5Group, attribute: string): string[] {
  const whole = group.texts(attribute);
  if (whole) return [...whole];
  const parts: string[] = [];
  for (let i = 0; ; i++) {
    const part = group.texts(`${attribute}${i}`);
    if (!part) return parts;
    parts.push(...part);
  }
}
