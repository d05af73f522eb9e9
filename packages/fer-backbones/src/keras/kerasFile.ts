import { FerError } from 'fer-core';
import { describeForeign, type Hdf5Group, isHdf5, readHdf5 } from '../weights/hdf5.js';
import { kerasWeights } from '../weights/kerasWeights.js';
import type { NamedWeight, NamedWeights } from '../weights/namedWeights.js';
import { type KerasNetwork, kerasNetwork, type NetworkLayer } from './kerasNetwork.js';
import { isZip, unzip } from './zip.js';

/** The content of a Keras file. */
export interface KerasFile {
  readonly network: KerasNetwork;
  /** Weights by the keys of layers. */
  readonly weights: NamedWeights;
  /** Whether Keras 3 wrote the file. */
  readonly keras3: boolean;
}

/**
 * Reads a whole model: an `.h5` of Keras 2 or 3, or a `.keras` of Keras 3.
 *
 * @param file - Path or URL, for messages.
 * @throws FerError `CORRUPT` if the file is damaged or of another kind; `UNSUPPORTED` if it holds only weights, or
 *   another kind of model.
 */
export async function readKerasFile(bytes: Uint8Array, file: string, signal?: AbortSignal): Promise<KerasFile> {
  if (isZip(bytes)) return readArchive(bytes, file, signal);
  if (isHdf5(bytes)) return readHdf5(bytes, file, (root) => readWhole(root, file), signal);
  const what = describeForeign(bytes).replace('an HDF5 file', 'an .h5 or .keras file');
  throw new FerError('CORRUPT', `${what}: fetch it again.`, { file });
}

async function readArchive(bytes: Uint8Array, file: string, signal?: AbortSignal): Promise<KerasFile> {
  const [config, weightsFile] = unzip(bytes, ['config.json', 'model.weights.h5'], file);
  const network = kerasNetwork(parse(new TextDecoder().decode(config), 'config.json', file), file);
  const weights = await readHdf5(
    weightsFile,
    `${file}/model.weights.h5`,
    (root) => new Map(network.layers.map((layer) => [layer.key, groupWeights(root, layer)])),
    signal,
  );
  return { network, weights, keras3: true };
}

/** Returns the arrays of a layer in Keras 3's own layout: `layers/conv2d_1/vars/0`, `…/1` and so on. */
function groupWeights(root: Hdf5Group, { group, config }: NetworkLayer): readonly NamedWeight[] {
  // Keras 2.12 and 2.13 used another name for the list of layers.
  const other = group.replaceAll('layers/', '_layer_checkpoint_dependencies/');
  const found = root.group(`${group}/vars`) ?? root.group(`${other}/vars`);
  if (!found) return [];
  const name = found.texts('name')?.[0];
  if (name && name !== config.name) {
    throw new FerError(
      'UNSUPPORTED',
      `the weights in ${group} are of layer ${name}, not ${config.name}: save it again.`,
    );
  }
  return found.names
    .map(Number)
    .sort((a, b) => a - b)
    .map((index) => {
      const path = `${group}/vars/${index}`;
      const array = found.array(`${index}`);
      if (!array) throw new FerError('UNSUPPORTED', `weight ${path} is no array of floats: save it as float32.`);
      return { name: path, ...array };
    });
}

function readWhole(root: Hdf5Group, file: string): KerasFile {
  const text = root.texts('model_config')?.join('').replaceAll('\0', '');
  if (!text) {
    throw new FerError('UNSUPPORTED', 'it describes no network (weights alone?): save the model by model.save(…).', {
      file,
    });
  }
  const network = kerasNetwork(parse(text, 'model_config', file), file);
  const weights = kerasWeights(root, file);
  const keras3 = root.texts('keras_version')?.[0].startsWith('3') ?? false;
  const theano = (root.group('model_weights') ?? root).texts('backend')?.[0] === 'theano';
  return { network, weights: byKeys(network, weights, theano), keras3 };
}

/** Returns the weights by the keys of layers; a file of Keras 2 stores them by layer names. */
function byKeys({ layers }: KerasNetwork, weights: NamedWeights, theano: boolean): NamedWeights {
  const keyed = new Map(weights);
  for (const { key, config, class_name } of layers) {
    const found = weights.get(key) ?? weights.get(config.name);
    if (!found) continue;
    // Theano rotates the kernel by 180° before it convolves.
    const turned = theano && /^Conv2D(Transpose)?$/.test(class_name) && found.length > 0;
    keyed.set(key, turned ? [rotate(found[0]), ...found.slice(1)] : found);
  }
  return keyed;
}

function rotate(weight: NamedWeight): NamedWeight {
  const [height, width, ...channels] = weight.shape;
  const size = channels.reduce((a, b) => a * b, 1);
  const places = height * width;
  const values = new Float32Array(weight.values.length);
  for (let place = 0; place < places; place++) {
    values.set(weight.values.subarray((places - 1 - place) * size, (places - place) * size), place * size);
  }
  return { ...weight, values };
}

function parse(text: string, name: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FerError('CORRUPT', `its ${name} is no JSON: save the model again.`, { file }, { cause });
  }
}
