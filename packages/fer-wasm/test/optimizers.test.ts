import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { adam, adamW, momentum, rmsprop, useWasm } from '../src/index.js';
import { relativeError, values } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

const PAIRS: [string, () => tf.Optimizer, () => tf.Optimizer][] = [
  ['rmsprop', () => rmsprop(0.01, { decay: 0.8 }), () => tf.train.rmsprop(0.01, 0.8)],
  ['momentum', () => momentum(0.01, { momentum: 0.7 }), () => tf.train.momentum(0.01, 0.7)],
  ['nesterov', () => momentum(0.01, { nesterov: true }), () => tf.train.momentum(0.01, 0.9, true)],
  ['adam', () => adam(0.01, { beta1: 0.8 }), () => tf.train.adam(0.01, 0.8)],
];

function build(): layers.Sequential {
  const model = layers.sequential({
    layers: [
      layers.layers.dense({ inputShape: [9], units: 12, activation: 'relu' }),
      layers.layers.dense({ units: 3 }),
    ],
  });
  model.setWeights(model.getWeights().map((w, i) => tf.tensor(values(w.size, `w${i}`), w.shape)));
  return model;
}

const numbers = (model: layers.LayersModel) =>
  Float32Array.from(model.getWeights().flatMap((w) => [...(w.dataSync() as Float32Array)]));

async function train(model: layers.LayersModel, steps: number): Promise<void> {
  const [x, y] = [tf.tensor2d(values(54, 'x'), [6, 9]), tf.tensor2d(values(18, 'y'), [6, 3])];
  for (let step = 0; step < steps; step++) await model.trainOnBatch(x, y);
  tf.dispose([x, y]);
}

describe('optimisers for model.compile', () => {
  it.each(PAIRS)("%s takes the steps of tfjs' own", async (_, ours, theirs) => {
    const results: Float32Array[] = [];
    for (const optimizer of [ours(), theirs()]) {
      const model = build();
      model.compile({ optimizer, loss: 'meanSquaredError' });
      await train(model, 7);
      results.push(numbers(model));
      model.dispose();
      optimizer.dispose();
    }
    expect(relativeError(results[0], results[1])).toBeLessThan(1e-5);
  });

  it.each(PAIRS)('%s saved with its model goes on in plain tfjs', async (_, ours, theirs) => {
    const optimizer = ours();
    const model = build();
    model.compile({ optimizer, loss: 'meanSquaredError' });
    await train(model, 3);
    expect(optimizer.getClassName()).toBe(theirs().getClassName());
    const other = theirs();
    await other.setWeights(
      (await optimizer.getWeights()).map(({ name, tensor }) => ({ name, tensor: tensor.clone() })),
    );
    const copy = build();
    copy.setWeights(model.getWeights());
    copy.compile({ optimizer: other, loss: 'meanSquaredError' });
    await Promise.all([train(model, 4), train(copy, 4)]);
    expect(relativeError(numbers(copy), numbers(model))).toBeLessThan(1e-5);
  });

  it('adamW is loaded with its model, and goes on', async () => {
    const model = build();
    model.compile({ optimizer: adamW(0.01, { weightDecay: 0.1, beta1: 0.8 }), loss: 'meanSquaredError' });
    await train(model, 3);
    let saved: tf.io.ModelArtifacts = {};
    const handler = tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    });
    await model.save(handler, { includeOptimizer: true });
    const loaded = await layers.loadLayersModel(tf.io.fromMemory(saved));
    await Promise.all([train(model, 3), train(loaded, 3)]);
    expect(relativeError(numbers(loaded), numbers(model))).toBe(0);
  });

  it('adamW takes the decay off the weight, times the learning rate', () => {
    const w = tf.variable(tf.tensor1d([2, -4]));
    const optimizer = adamW(0.1, { weightDecay: 0.5 });
    // A gradient of zero moves nothing but by the decay.
    optimizer.minimize(() => tf.mul(tf.sum(w), 0) as tf.Scalar, false, [w]);
    [...w.dataSync()].forEach((value, i) => {
      expect(value).toBeCloseTo([1.9, -3.8][i], 6);
    });
    optimizer.dispose();
    w.dispose();
  });

  it('leave no tensor but their slots, and free those', () => {
    const before = tf.memory().numTensors;
    const w = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
    const optimizer = adam(0.1);
    for (let i = 0; i < 3; i++) optimizer.minimize(() => tf.sum(tf.square(w)), false, [w]);
    expect(tf.memory().numTensors).toBe(before + 3);
    optimizer.dispose();
    w.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuse a learning rate that is no number', () => {
    expect(() => adam(Number.NaN)).toThrow('learningRate is NaN');
  });

  it.each([
    ['beta1', () => adam(1e-3, { beta1: 2 })],
    ['beta2', () => adam(1e-3, { beta2: 1 })],
    ['epsilon', () => adam(1e-3, { epsilon: -1 })],
    ['weightDecay', () => adamW(1e-3, { weightDecay: -0.1 })],
    ['learningRate', () => adam(Number.POSITIVE_INFINITY)],
    ['beta1', () => adamW(1e-3, { beta1: Number.NaN })],
    ['decay', () => rmsprop(1e-3, { decay: 1 })],
    ['epsilon', () => rmsprop(1e-3, { epsilon: Number.POSITIVE_INFINITY })],
    ['momentum', () => momentum(1e-3, { momentum: -0.5 })],
  ])('refuse %s out of its range, which would diverge or give NaN', (name, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(name) }));
  });
});
