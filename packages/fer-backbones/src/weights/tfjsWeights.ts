import { io, util } from '@tensorflow/tfjs-core';
import { FerError, type Folder, isFileName } from 'fer-core';
import type { NamedWeight, NamedWeights } from './namedWeights.js';

/**
 * Reads the weights of a tfjs-layers model from a folder with its `model.json` and the files that this lists.
 *
 * @throws FerError `NOT_FOUND` or `IO` if a file can't be read, `CORRUPT` if it is not such a model: if a file name
 *   points outside the folder, or files have other lengths than the shapes of the weights require.
 */
export async function tfjsWeights(folder: Folder, signal?: AbortSignal): Promise<NamedWeights> {
  const json = await folder.read('model.json', signal);
  const weights = new Map<string, NamedWeight[]>();
  try {
    const { weightsManifest } = JSON.parse(new TextDecoder().decode(json)) as {
      weightsManifest: io.WeightsManifestConfig;
    };
    for (const { paths, weights: specs } of weightsManifest) {
      for (const [name, tensor] of Object.entries(await readGroup(folder, paths, specs, signal))) {
        const owner = name.split('/').at(-2) ?? name;
        const weight = { name, shape: tensor.shape, values: Float32Array.from(tensor.dataSync()) };
        weights.set(owner, [...(weights.get(owner) ?? []), weight]);
        tensor.dispose();
      }
    }
  } catch (cause) {
    signal?.throwIfAborted();
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

/** Reads the files of a group one by one, and stops as soon as there are more bytes than the weights need. */
async function readGroup(
  folder: Folder,
  paths: readonly string[],
  specs: io.WeightsManifestEntry[],
  signal?: AbortSignal,
) {
  const needed = specs.reduce((sum, spec) => sum + weightBytes(spec), 0);
  const shards: ArrayBuffer[] = [];
  let bytes = 0;
  for (const path of paths) {
    if (!isFileName(path)) throw new Error(`"${path}" is no name of a file in this folder`);
    const shard = await folder.read(path, signal);
    bytes += shard.length;
    if (bytes > needed) break;
    shards.push(shard.slice().buffer as ArrayBuffer);
  }
  if (bytes !== needed) {
    throw new Error(`${bytes} bytes of weights${bytes > needed ? ' and more' : ''}, their shapes need ${needed}`);
  }
  return io.decodeWeights(shards, specs);
}

/** Returns the bytes that one weight takes in its file. */
export function weightBytes({ name, shape, dtype, quantization }: io.WeightsManifestEntry): number {
  const stored = quantization?.dtype ?? dtype;
  const size = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1, bool: 1 }[stored as string];
  if (size === undefined || !shape.every((side) => Number.isInteger(side) && side >= 0)) {
    throw new Error(`weight ${name} has shape [${shape}] and type ${stored}`);
  }
  return size * util.sizeFromShape(shape);
}
