import { io } from '@tensorflow/tfjs-core';
import { FerError, type Folder } from 'fer-core';
import type { NamedWeight, NamedWeights } from './namedWeights.js';

/**
 * The weights of a tfjs-layers model: the folder that holds its `model.json` and what that names.
 *
 * @throws FerError `NOT_FOUND` or `IO` where a file can't be read, `CORRUPT` where it is no such model.
 */
export async function tfjsWeights(folder: Folder): Promise<NamedWeights> {
  const json = await folder.read('model.json');
  const weights = new Map<string, NamedWeight[]>();
  try {
    const { weightsManifest } = JSON.parse(new TextDecoder().decode(json)) as {
      weightsManifest: io.WeightsManifestConfig;
    };
    for (const { paths, weights: specs } of weightsManifest) {
      const shards = await Promise.all(paths.map((path) => folder.read(path)));
      const tensors = io.decodeWeights(
        shards.map((shard) => shard.slice().buffer as ArrayBuffer),
        specs,
      );
      for (const [name, tensor] of Object.entries(tensors)) {
        const owner = name.split('/').at(-2) ?? name;
        const weight = { name, shape: tensor.shape, values: Float32Array.from(tensor.dataSync()) };
        weights.set(owner, [...(weights.get(owner) ?? []), weight]);
        tensor.dispose();
      }
    }
  } catch (cause) {
    if (cause instanceof FerError) throw cause;
    throw new FerError(
      'CORRUPT',
      `not a tfjs-layers model (${(cause as Error).message}): save it again.`,
      { file: `${folder.location}/model.json` },
      { cause },
    );
  }
  return weights;
}
