import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { type FerErrorCode, isFerError, memoryFolder } from 'fer-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LayersBackbone } from '../../src/backbones/layersBackbone.js';
import { convolutions, readKeras, vggNetwork } from '../../src/backbones/vgg16.js';
import { vgg16 } from '../../src/index.js';
import { modelToFiles } from '../../src/network/artifacts.js';
import { assignWeights, type NamedWeight } from '../../src/weights/namedWeights.js';
import { tfjsWeights } from '../../src/weights/tfjsWeights.js';
import { type Layers, narrowVgg, valuesOf, weightsFile } from '../weights.js';

beforeAll(() => tf.setBackend('cpu'));

const INPUT = { height: 12, width: 12, channels: 1, values: 'scale' } as const;
const narrow = (seed = 1) => vggNetwork([4, 4, 'M', 6, 'M'], 5, INPUT, seed);

describe('vgg16', () => {
  it('has the parameters of the original, at every stage', async () => {
    const backbone = await vgg16();
    const count = (names: RegExp) =>
      backbone.model.layers.filter(({ name }) => names.test(name)).reduce((sum, layer) => sum + layer.countParams(), 0);
    const trainable = ({ model }: LayersBackbone) =>
      model.trainableWeights.reduce((sum, weight) => sum + (weight.read() as tf.Tensor).size, 0);
    const top = 1024 * 7 + 7;
    expect(count(/^grey_to_rgb$/)).toBe(6);
    expect(count(/^block/)).toBe(14_714_688);
    expect(backbone.countParams() + top).toBe(15_247_181);
    expect(trainable(backbone) + top).toBe(15_247_181);
    backbone.freeze({ from: 'block1_conv1', until: 'flatten' });
    expect(trainable(backbone) + top).toBe(532_493);
    backbone.freeze({ from: 'block1_conv1', until: 'block5_conv1' });
    expect(trainable(backbone) + top).toBe(7_611_917);
    backbone.freeze({ until: 'block5_conv1' });
    expect(trainable(backbone) + top).toBe(7_611_917 - 6);
    expect(() => backbone.freeze({ until: 'block6_conv1' })).toThrow('no layer block6_conv1');
    expect(() => backbone.freeze({ from: 'dense', until: 'block1_conv1' })).toThrow('the other way round');
    backbone.unfreeze();
    expect(trainable(backbone) + top).toBe(15_247_181);
    expect(backbone.model.getLayer('block5_pool').outputShape).toEqual([null, 1, 1, 512]);
    expect(backbone.outputSize).toBe(1024);
    expect(backbone.preprocessing).toEqual({ height: 48, width: 48, channels: 1, values: 'scale' });
    expect(backbone.model.layers.map(({ name }) => name).join(' ')).toBe(
      'input grey_to_rgb block1_conv1 block1_conv2 block1_pool block2_conv1 block2_conv2 block2_pool ' +
        'block3_conv1 block3_conv2 block3_conv3 block3_pool block4_conv1 block4_conv2 block4_conv3 block4_pool ' +
        'block5_conv1 block5_conv2 block5_conv3 block5_pool flatten dense dropout',
    );
    backbone.dispose();
  });

  it('refuses weights of another network, and leaves no tensor', async () => {
    const before = tf.memory().numTensors;
    const weights = await weightsFile(narrowVgg());
    await expect(vgg16({ weights })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining("block1_conv1 has weights 3×3×3×4, 4, the network's are 3×3×3×64, 64"),
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('weights', () => {
  it('come from an .h5 file laid out as the one Keras publishes; the rest is drawn', async () => {
    const [model, drawn] = [narrow(), narrow()];
    const { weights } = await readKeras(await weightsFile(narrowVgg()), 'made.h5');
    assignWeights(convolutions(model.layers), weights, 'made.h5');
    const values = (layer: string, of = model) =>
      of
        .getLayer(layer)
        .getWeights()
        .map((w) => w.dataSync());
    expect(values('block2_conv1')).toEqual([
      valuesOf('block2_conv1_W_1:0', [3, 3, 4, 6]),
      valuesOf('block2_conv1_b_1:0', [6]),
    ]);
    expect(values('block1_conv2')[0]).toEqual(valuesOf('block1_conv2_W_1:0', [3, 3, 4, 4]));
    expect(values('grey_to_rgb')).toEqual(values('grey_to_rgb', drawn));
    expect(values('dense')).toEqual(values('dense', drawn));
    for (const made of [model, drawn]) made.dispose();
  });

  it('come from the group of a model inside a model, and from numbered scopes', async () => {
    const inner = narrowVgg().flatMap(([layer, weights]) =>
      weights.map(([, shape], i) => [`${layer}_1/${i === 0 ? 'kernel' : 'bias'}:0`, shape] as const),
    );
    const layers: Layers = [
      ['conv2d_1', [['conv2d_1_3/kernel:0', [1, 1, 1, 3]]]],
      ['vgg16', inner],
    ];
    const model = narrow();
    const { weights } = await readKeras(await weightsFile(layers), 'made.h5');
    assignWeights(convolutions(model.layers), weights, 'made.h5');
    expect(model.getLayer('block2_conv1').getWeights()[1].dataSync()).toEqual(valuesOf('block2_conv1_1/bias:0', [6]));
    expect(weights.get('conv2d_1')).toHaveLength(1);
    model.dispose();
  });

  it('come from a tfjs-layers model', async () => {
    const [from, to] = [narrow(1), narrow(2)];
    const weights = await tfjsWeights(memoryFolder(await modelToFiles(from)));
    assignWeights(convolutions(to.layers), weights, 'memory');
    const kernel = (model: typeof from, layer: string) => model.getLayer(layer).getWeights()[0].dataSync();
    expect(kernel(to, 'block1_conv2')).toEqual(kernel(from, 'block1_conv2'));
    expect(kernel(to, 'dense')).not.toEqual(kernel(from, 'dense'));
    for (const model of [from, to]) model.dispose();
  });

  const without = (name: string) => narrowVgg().filter(([layer]) => layer !== name);
  const bytes = (text: string) => new TextEncoder().encode(text);
  const cases: [string, () => Promise<Uint8Array>, FerErrorCode, RegExp][] = [
    ['a layer missing', () => weightsFile(without('block2_conv1')), 'INVALID_DATA', /no weights of layer block2_conv1/],
    ['no layers', () => weightsFile([]), 'UNSUPPORTED', /no layer_names/],
    ['a web page', async () => bytes('<!doctype html><title>Sign in</title>'), 'CORRUPT', /web page/],
    ['other bytes', async () => bytes('PK\u0003\u0004 and so on'), 'CORRUPT', /not an HDF5 file/],
    ['nothing', async () => new Uint8Array(0), 'CORRUPT', /empty/],
    ['a file cut short', async () => (await weightsFile(narrowVgg())).slice(0, 3000), 'CORRUPT', /cut short/],
  ];
  it.each(cases)('are refused with %s', async (_, make, code, message) => {
    const model = narrow();
    const before = model.getLayer('block1_conv1').getWeights()[0].dataSync().slice();
    const load = async () => {
      const { weights } = await readKeras(await make(), 'made.h5');
      assignWeights(convolutions(model.layers), weights, 'made.h5');
    };
    await expect(load()).rejects.toSatisfy(
      (error) => isFerError(error, code) && message.test(error.message) && error.place.file === 'made.h5',
    );
    expect(model.getLayer('block1_conv1').getWeights()[0].dataSync()).toEqual(before);
    model.dispose();
  });

  it('are refused with a weight listed and not there, of another shape, or not finite', async () => {
    const model = narrow();
    const kernel = { name: 'k', shape: [3, 3, 3, 4], values: valuesOf('k', [3, 3, 3, 4]) };
    const bias = { name: 'b', shape: [4], values: Float32Array.of(0, 0, Number.NaN, 0) };
    const assign = (weights: NamedWeight[]) =>
      assignWeights([model.getLayer('block1_conv1')], new Map([['block1_conv1', weights]]), 'f');
    expect(() => assign([kernel, bias])).toThrow('NaN or ∞ in b');
    expect(() => assign([kernel])).toThrow('has weights 3×3×3×4, the network');
    expect(() => assign([kernel, { ...bias, shape: [2, 2] }])).toThrow('has weights 3×3×3×4, 2×2');
    model.dispose();
  });

  it('are refused where a tfjs-layers model is damaged or not there', async () => {
    const files = await modelToFiles(narrow());
    const damaged = memoryFolder([...files, ['model.json', new TextEncoder().encode('{}')]]);
    await expect(tfjsWeights(damaged)).rejects.toMatchObject({ code: 'CORRUPT' });
    await expect(tfjsWeights(memoryFolder())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
