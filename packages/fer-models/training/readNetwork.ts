import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { type CompactVggOptions, compactVgg, type LayersBackbone } from 'fer-backbones';
import { FerError, type LinearLayer } from 'fer-core';

/** Epsilon of batch normalisation: Keras' value, as in train.py. */
const EPSILON = 1e-3;

/** Builds a backbone and its dense layer from the weights that train.py wrote to `path`.bin and `path`.json. */
export function readNetwork(
  path: string,
  options: CompactVggOptions,
  classes: readonly string[],
): { backbone: LayersBackbone; layer: LinearLayer } {
  const index = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly offset: number;
  }[];
  const bytes = readFileSync(`${path}.bin`);
  const floats = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const read = (name: string): tf.Tensor => {
    const found = index.find((entry) => entry.name === name);
    if (!found) throw new FerError('CORRUPT', `there is no array ${name}: write the network again.`, { file: path });
    const start = found.offset / 4;
    const size = found.shape.reduce((a, b) => a * b, 1);
    return tf.tensor(floats.slice(start, start + size), [...found.shape]);
  };

  const backbone = compactVgg(options);
  // PyTorch numbers the layers of a stage's nn.Sequential, pooling and dropout included.
  const convolutions = index.filter(({ name, shape }) => name.startsWith('body.') && shape.length === 4);
  const layers = backbone.model.layers.filter((layer) => layer.getWeights().length > 0);
  for (const [i, { name }] of convolutions.entries()) {
    const position = Number(name.split('.')[1]);
    layers[2 * i].setWeights([tf.transpose(read(name), [2, 3, 1, 0])]);
    layers[2 * i + 1].setWeights(statistics(`body.${position + 1}`).map(read));
  }
  if (options.features !== 'average') {
    // The batch normalisation of the dense layer is folded into it, because the network has none there.
    const [gamma, beta, mean, variance] = statistics('norm').map(read);
    const scale = tf.div(gamma, tf.sqrt(tf.add(variance, EPSILON)));
    const kernel = tf.mul(tf.transpose(read('dense.weight')), scale);
    const bias = tf.add(tf.mul(tf.sub(read('dense.bias'), mean), scale), beta);
    layers[layers.length - 1].setWeights([kernel, bias]);
  }
  const weights = tf.transpose(read('top.weight'));
  const [rows, columns] = weights.shape as [number, number];
  const layer = {
    weights: { data: weights.dataSync() as Float32Array, rows, columns },
    bias: read('top.bias').dataSync() as Float32Array,
    classes,
  };
  return { backbone, layer };
}

function statistics(name: string): string[] {
  return ['weight', 'bias', 'running_mean', 'running_var'].map((array) => `${name}.${array}`);
}
