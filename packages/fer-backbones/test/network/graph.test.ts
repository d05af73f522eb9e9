import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model, sequential } from '@tensorflow/tfjs-layers';
import { Random } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { splitAt } from '../../src/features/prefix.js';
import { gradCam, LayersBackbone, layersBackboneLoader, sgd, summary } from '../../src/index.js';
import { forward } from '../../src/network/forward.js';
import { planOf } from '../../src/network/plan.js';
import { toTensor } from '../../src/network/preprocessing.js';
import { patches } from '../data.js';
import { apply, depthwiseGraphs, GRAPH_INPUT, graphs } from './graphs.js';

beforeAll(() => useWasm({ threads: 1 }));
beforeEach(() => void tf.setBackend('wasm'));

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a).toHaveLength(b.length);
  return Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);
}

/** A backbone whose every weight, batch normalisation's averages too, is drawn anew. */
function drawn(create: () => ReturnType<typeof model>, seed = 1): LayersBackbone {
  const backbone = new LayersBackbone('graph', create(), GRAPH_INPUT);
  const random = new Random(seed);
  tf.tidy(() => {
    const weights = backbone.model.getWeights().map((weight) => {
      const values = Float32Array.from(
        { length: weight.size },
        () => random.between(0.05, 0.6) * (random.int(3) - 0.7),
      );
      return tf.tensor(
        values.map((value) => (weight.rank === 1 ? Math.abs(value) + 0.1 : value)),
        weight.shape,
      );
    });
    backbone.model.setWeights(weights);
  });
  return backbone;
}

const all = Object.entries({ ...graphs, ...depthwiseGraphs });

describe('forward through a graph', () => {
  it.each(all)('computes what tfjs-layers computes: %s', async (_, create) => {
    const before = tf.memory().numTensors;
    const backbone = drawn(create);
    const faces = patches(5, 12);
    const { data } = await backbone.transform(faces);
    tf.tidy(() => {
      const expected = (backbone.model.predict(toTensor(faces, [0, 5], GRAPH_INPUT)) as tf.Tensor).dataSync();
      const scale = Math.max(...expected.map(Math.abs));
      expect(scale).toBeGreaterThan(1e-3);
      expect(largestDifference(data, expected)).toBeLessThan(1e-5 * Math.max(1, scale));
    });
    backbone.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(all)('has the gradients of differences: %s', async (_, create) => {
    // In training, so through the batch's statistics; on the cpu backend, whose sums are the more exact.
    await tf.setBackend('cpu');
    const backbone = drawn(create, 3);
    const faces = patches(4, 12);
    const weights = backbone.model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const random = new Random(5);
    tf.tidy(() => {
      const x = toTensor(faces, [0, 4], GRAPH_INPUT);
      const direction = tf.tensor2d(
        Float32Array.from({ length: 4 * backbone.outputSize }, () => random.normal()),
        [4, backbone.outputSize],
      );
      const loss = () => tf.sum(tf.mul(forward(backbone.model, x, { training: true }), direction)) as tf.Scalar;
      const { grads } = tf.variableGrads(loss, weights);
      const step = 2e-3;
      for (const weight of weights) {
        const kept = weight.dataSync().slice();
        const move = Float32Array.from({ length: weight.size }, () => random.normal());
        const at = (by: number) => {
          weight.assign(
            tf.tensor(
              kept.map((value, i) => value + by * move[i]),
              weight.shape,
            ),
          );
          return loss().dataSync()[0];
        };
        const slope = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
        weight.assign(tf.tensor(kept, weight.shape));
        const gradient = Array.from(grads[weight.name].dataSync());
        const expected = gradient.reduce((sum, g, i) => sum + g * move[i], 0);
        const size = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
        expect(Math.abs(slope - expected), weight.name).toBeLessThan(0.02 * Math.max(size, 1));
      }
    });
    backbone.dispose();
  });

  it.each(all)('is saved and loaded, also in half precision: %s', async (_, create) => {
    const backbone = drawn(create);
    const faces = patches(3, 12);
    const whole = await backbone.transform(faces);
    const loaded = await layersBackboneLoader.load(await backbone.serialize());
    expect([...(await loaded.transform(faces)).data]).toEqual([...whole.data]);
    backbone.roundToHalf();
    const rounded = await backbone.transform(faces);
    const small = await layersBackboneLoader.load(await backbone.serialize());
    expect([...(await small.transform(faces)).data]).toEqual([...rounded.data]);
    for (const made of [backbone, loaded, small]) made.dispose();
  });

  it.each(['residual', 'a shared convolution and normalisation', 'a model inside, called twice'])(
    'trains the same to the bit from one seed, and on the cpu backend to rounding: %s',
    async (name) => {
      const train = async (backend: string) => {
        await tf.setBackend(backend);
        const backbone = drawn(graphs[name]);
        const before = tf.memory().numTensors;
        await backbone.fit(patches(24, 12), { epochs: 2, batchSize: 8, optimizer: sgd(), learningRate: 1e-3, seed: 4 });
        expect(tf.memory().numTensors).toBe(before);
        const weights = backbone.model.getWeights().flatMap((weight) => [...weight.dataSync()]);
        backbone.dispose();
        return weights;
      };
      const [first, second, reference] = [await train('wasm'), await train('wasm'), await train('cpu')];
      expect(second).toEqual(first);
      expect(largestDifference(first, reference)).toBeLessThan(1e-4);
    },
  );

  it('learns', async () => {
    const backbone = new LayersBackbone('graph', graphs.residual(), GRAPH_INPUT);
    const { history } = await backbone.fit(patches(60, 12), { epochs: 8, batchSize: 12, learningRate: 3e-3 });
    expect(history[7].accuracy).toBeGreaterThan(0.9);
    backbone.dispose();
  });
});

describe('the layers of a graph', () => {
  it('are planned in Keras’ order, whatever the order in which they were made', () => {
    const x = input({ shape: [8, 8, 1], name: 'images' });
    const [late, early] = ['late', 'early'].map((name) => layers.conv2d({ filters: 2, kernelSize: 1, name }));
    const side = apply(late, x);
    const main = apply(layers.activation({ activation: 'relu', name: 'relu' }), apply(early, x));
    const sum = apply(layers.add({ name: 'sum' }), [main, side]);
    const outputs = apply(layers.flatten({ name: 'flat' }), sum);
    const network = model({ inputs: x, outputs });
    const names = planOf(network).steps.map(({ layer }) => layer.name);
    expect(names).toEqual(['images', 'early', 'relu', 'late', 'sum', 'flat']);
    expect(names).toEqual(network.layers.map(({ name }) => name));
    network.dispose();
  });

  it('are listed with what they take', () => {
    const backbone = drawn(() => {
      const x = input({ shape: [12, 12, 1], name: 'images' });
      const inside = sequential({
        layers: [layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [12, 12, 1], name: 'conv' })],
        name: 'stem',
      });
      const stem = apply(inside, x);
      const shared = layers.conv2d({ filters: 2, kernelSize: 1, name: 'shared' });
      const once = apply(shared, stem);
      const sum = apply(layers.add({ name: 'sum' }), [apply(shared, once), once]);
      return model({ inputs: x, outputs: apply(layers.globalAveragePooling2d({ name: 'pool' }), sum) });
    });
    expect(summary(backbone)).toBe(`Model: "graph"
${'_'.repeat(73)}
Layer (type)                   Output shape       Param #  Connected to
${'='.repeat(73)}
images (InputLayer)            (None, 12, 12, 1)  0
conv (Conv2D)                  (None, 10, 10, 2)  20       images
shared (Conv2D)                (None, 10, 10, 2)  6        conv, shared
sum (Add)                      (None, 10, 10, 2)  0        shared, shared
pool (GlobalAveragePooling2D)  (None, 2)          0        sum
${'='.repeat(73)}
Total params: 26
Trainable params: 26
Non-trainable params: 0`);
    backbone.dispose();
  });

  it('are called by their paths where two have one name', async () => {
    const x = input({ shape: [12, 12, 1] });
    const part = (name: string, weighing: string) => {
      const conv = layers.conv2d({ filters: 1, kernelSize: 3, inputShape: [12, 12, 1], name: weighing });
      return sequential({ layers: [conv, layers.activation({ activation: 'tanh', name: 'act' })], name });
    };
    const twoOf = (a: string, b: string) => {
      const sum = apply(layers.add(), [apply(part('left', a), x), apply(part('right', b), x)]);
      return model({ inputs: x, outputs: apply(layers.flatten(), sum) });
    };
    const backbone = new LayersBackbone('two', twoOf('a', 'b'), GRAPH_INPUT);
    expect(() => backbone.freeze({ until: 'act' })).toThrow(
      '2 layers are called act: choose one of left/act, right/act',
    );
    backbone.freeze({ until: 'right/act' });
    const trainable = planOf(backbone.model).steps.map(({ layer }) => layer.trainable);
    expect(trainable).toEqual([false, false, false, false, true, true, true]);
    expect(summary(backbone)).toContain('right/act (Activation)');
    const faces = patches(2, 12);
    const loaded = await layersBackboneLoader.load(await backbone.serialize());
    expect([...(await loaded.transform(faces)).data]).toEqual([...(await backbone.transform(faces)).data]);
    for (const made of [backbone, loaded]) made.dispose();
    // Two weights of one name could be saved, and not loaded.
    expect(() => new LayersBackbone('two', twoOf('a', 'a'), GRAPH_INPUT)).toThrow(/two weights are called a\/kernel/);
  });
});

describe('freezing in a graph', () => {
  const options = { epochs: 2, batchSize: 6, optimizer: sgd(), learningRate: 1e-2, seed: 2 } as const;
  const weightsOf = ({ model: network }: LayersBackbone) =>
    network.getWeights().map((weight) => [...weight.dataSync()]);

  it('keeps what is frozen, and caches what comes before the last single tensor, to the bit', async () => {
    const results: number[][][] = [];
    for (const cacheFrozen of [undefined, {}]) {
      const backbone = drawn(graphs.residual);
      const second = backbone.model.layers.filter((layer) => layer.getClassName() === 'Conv2D')[4].name;
      backbone.freeze({ until: second });
      const { position } = splitAt(backbone.model);
      expect(planOf(backbone.model).steps[position - 1].layer.getClassName()).toBe('Activation');
      const frozen = backbone.model.layers.filter(({ trainable }) => !trainable).flatMap((layer) => layer.getWeights());
      const before = frozen.map((weight) => [...weight.dataSync()]);
      const { model: network } = backbone;
      const tensors = tf.memory().numTensors;
      await backbone.fit(patches(18, 12), { ...options, cacheFrozen });
      expect(tf.memory().numTensors).toBe(tensors);
      expect(frozen.map((weight) => [...weight.dataSync()])).toEqual(before);
      expect(network.trainableWeights.length).toBeGreaterThan(0);
      results.push(weightsOf(backbone));
      backbone.dispose();
    }
    expect(results[1]).toEqual(results[0]);
  });

  it('refuses a split between branches, and says where the next one is', () => {
    const backbone = drawn(graphs.residual);
    const { steps } = planOf(backbone.model);
    const sum = steps.findIndex(({ layer }) => layer.getClassName() === 'Add');
    backbone.freeze();
    expect(() => splitAt(backbone.model, steps[sum].layer.name)).toThrow(/several tensors pass before layer add/);
    expect(splitAt(backbone.model, steps[sum + 1].layer.name)).toEqual({ position: sum + 1, shape: [12, 12, 4] });
    backbone.dispose();
  });

  it('takes over the flag of a model inside, which tfjs-layers does not save', async () => {
    const network = graphs['a model inside, called twice']();
    network.getLayer('inner').trainable = false;
    const backbone = new LayersBackbone('graph', network, GRAPH_INPUT);
    const frozen = () =>
      planOf(backbone.model).steps.filter(({ layer }) => layer.getWeights().length > 0 && !layer.trainable);
    expect(frozen()).toHaveLength(6);
    const loaded = await layersBackboneLoader.load(await backbone.serialize());
    const inner = loaded.model.getLayer('inner');
    const before = inner.getWeights().map((weight) => [...weight.dataSync()]);
    await loaded.fit(patches(12, 12), options);
    expect(inner.getWeights().map((weight) => [...weight.dataSync()])).toEqual(before);
    loaded.unfreeze();
    expect(loaded.model.trainableWeights).toHaveLength(8);
    for (const made of [backbone, loaded]) made.dispose();
  });
});

describe('Grad-CAM in a graph', () => {
  it('weighs any maps by name, on both engines alike', async () => {
    const faces = patches(3, 12);
    const maps: Float32Array[][] = [];
    for (const backend of ['wasm', 'cpu']) {
      await tf.setBackend(backend);
      const backbone = drawn(graphs.residual);
      const random = new Random(1);
      const weights = Float32Array.from({ length: 8 * 3 }, () => Math.abs(random.normal()));
      const layer = {
        weights: { data: weights, rows: 8, columns: 3 },
        bias: new Float32Array(3),
        classes: ['a', 'b', 'c'],
      };
      const names = planOf(backbone.model).steps.map((step) => step.layer.name);
      const first = names.find((name) => name.startsWith('conv2d'))!;
      const last = names.findLast((name) => name.startsWith('activation'))!;
      const before = tf.memory().numTensors;
      const each = [];
      for (const layerName of [undefined, first, last]) {
        for (const target of [0, 1, 2]) {
          each.push((await gradCam(backbone, layer, faces, { target, layerName })).data);
        }
      }
      expect(tf.memory().numTensors).toBe(before);
      maps.push(each);
      backbone.dispose();
    }
    expect(maps[0].filter((map) => Math.max(...map) === 1).length).toBeGreaterThanOrEqual(3);
    for (const [i, map] of maps[0].entries()) expect(largestDifference(map, maps[1][i])).toBeLessThan(1e-4);
    // Of the last convolution, the first one and the last activation.
    expect(largestDifference(maps[0][0], maps[0][6])).toBeGreaterThan(1e-2);
  });

  it('is the gradient of the whole score, past other branches', async () => {
    // score = Σ relu(A) · w + Σ B · w where B = conv(A) too: the gradient of A has both parts.
    const x = input({ shape: [12, 12, 1] });
    const a = apply(layers.conv2d({ filters: 2, kernelSize: 1, name: 'a' }), x);
    const b = apply(layers.conv2d({ filters: 2, kernelSize: 1, name: 'b' }), a);
    const sum = apply(layers.add(), [apply(layers.activation({ activation: 'relu' }), a), b]);
    const backbone = drawn(() => model({ inputs: x, outputs: apply(layers.globalAveragePooling2d({}), sum) }));
    const layer = {
      weights: { data: Float32Array.of(1, 0, 0, 1), rows: 2, columns: 2 },
      bias: new Float32Array(2),
      classes: ['p', 'q'],
    };
    const faces = patches(1, 12);
    const [kernelA, biasA] = backbone.model
      .getLayer('a')
      .getWeights()
      .map((w) => w.dataSync());
    const kernelB = backbone.model.getLayer('b').getWeights()[0].dataSync();
    const values = [...faces.images].map((pixel) => [0, 1].map((k) => (pixel / 255) * kernelA[k] + biasA[k]));
    // Of class p: the mean over the places of ∂/∂A_k (relu(A_0) + Σ_k A_k K_k0), over 144.
    const alpha = [0, 1].map((k) => {
      const direct = k === 0 ? values.filter((v) => v[0] > 0).length / 144 : 0;
      return (direct + kernelB[k * 2]) / 144;
    });
    const heat = values.map((v) => Math.max(0, alpha[0] * v[0] + alpha[1] * v[1]));
    const most = Math.max(...heat);
    const { data } = await gradCam(backbone, layer, faces, { target: 0, layerName: 'a' });
    expect(most).toBeGreaterThan(0);
    expect(
      largestDifference(
        data,
        heat.map((value) => value / most),
      ),
    ).toBeLessThan(1e-4);
    backbone.dispose();
  });
});

describe('what can’t be trained', () => {
  const first = { inputShape: [12, 12, 1], filters: 3, kernelSize: 3 };
  const ends = () => [layers.flatten(), layers.dense({ units: 4 })];

  class Signs extends layers.Layer {
    static className = 'Signs';
    override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.sign([x].flat()[0]);
    }
  }
  class Copies extends layers.Layer {
    static className = 'Copies';
    override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
      const [maps] = [x].flat();
      return tf.tensor(maps.dataSync(), maps.shape);
    }
  }
  class Doubled extends layers.Layer {
    static className = 'Doubled';
    override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.mul([x].flat()[0], 2);
    }
  }
  // Layers' types leave out what a class of one's own overrides.
  const custom = (made: unknown) => made as ReturnType<typeof layers.flatten>;

  it.each([
    [
      'a convolution larger than its maps',
      () => [
        layers.conv2d(first),
        layers.maxPooling2d({ poolSize: 4 }),
        layers.conv2d({ ...first, name: 'huge' }),
        ...ends(),
      ],
      'INVALID_ARGUMENT',
      /layer huge \(Conv2D\) takes 2×2×3 and puts out nothing \(0×0×3\)/,
    ],
    [
      'pooling larger than its maps',
      () => [layers.conv2d(first), layers.maxPooling2d({ poolSize: 12, name: 'vast' }), ...ends()],
      'INVALID_ARGUMENT',
      /layer vast \(MaxPooling2D\) takes 10×10×3 and puts out nothing/,
    ],
    [
      'batch normalisation of rows',
      () => [layers.conv2d(first), layers.batchNormalization({ axis: 1, name: 'rows' }), ...ends()],
      'UNSUPPORTED',
      /layer rows \(BatchNormalization\) normalises axis 1/,
    ],
    [
      'an activation that is saved and not loaded',
      () => [layers.conv2d({ ...first, activation: 'gelu_new' as 'relu', name: 'odd' }), ...ends()],
      'UNSUPPORTED',
      /layer odd \(Conv2D\) has the activation 'gelu_new'/,
    ],
    [
      'a layer of one’s own without a gradient',
      () => [layers.conv2d(first), custom(new Copies({ name: 'copies' })), ...ends()],
      'UNSUPPORTED',
      /layer copies \(Copies\) has no gradient/,
    ],
  ] as const)('is refused when the backbone is made: %s', (_, list, code, message) => {
    const before = tf.memory().numTensors;
    const network = sequential({ layers: [...list()] });
    const make = () => new LayersBackbone('mine', network, GRAPH_INPUT);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code }));
    network.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('does not include layers of one’s own that can be trained', async () => {
    const network = sequential({ layers: [layers.conv2d(first), custom(new Doubled({})), ...ends()] });
    const backbone = new LayersBackbone('mine', network, GRAPH_INPUT);
    const { history } = await backbone.fit(patches(12, 12), { epochs: 1 });
    expect(history).toHaveLength(1);
    const flat = sequential({ layers: [layers.conv2d(first), custom(new Signs({})), ...ends()] });
    // tfjs has a gradient of sign: zeros.
    new LayersBackbone('signs', flat, GRAPH_INPUT).dispose();
    backbone.dispose();
  });

  it('is refused by fit where the backend lacks a kernel, before anything changes', async () => {
    tf.registerBackend('lacking', () => tf.findBackend('cpu'));
    for (const kernel of tf.getKernelsForBackend('cpu')) {
      if (!kernel.kernelName.startsWith('DepthwiseConv2dNativeBackprop')) {
        tf.registerKernel({ ...kernel, backendName: 'lacking' });
      }
    }
    await tf.setBackend('lacking');
    const backbone = new LayersBackbone(
      'mine',
      sequential({ layers: [layers.depthwiseConv2d({ ...first, name: 'deep' }), layers.flatten({ name: 'flat' })] }),
      GRAPH_INPUT,
    );
    const before = tf.memory().numTensors;
    await expect(backbone.fit(patches(6, 12), { epochs: 1 })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/layer deep \(DepthwiseConv2D\) can't be trained on the backend "lacking"/),
    });
    expect(tf.memory().numTensors).toBe(before);
    backbone.freeze({ until: 'flat' });
    expect((await backbone.fit(patches(6, 12), { epochs: 1 })).history).toHaveLength(1);
    backbone.dispose();
    await tf.setBackend('wasm');
    tf.removeBackend('lacking');
  });
});
