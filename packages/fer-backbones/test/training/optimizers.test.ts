import * as tf from '@tensorflow/tfjs-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { adamW, type Optimizer, rmsprop, sgd } from '../../src/index.js';

beforeAll(() => useWasm({ threads: 1 }));

/** Five steps on Σ (step + 1)·sin(w) + ½ Σ b³, at a rate of 0.05: the kernel and the bias that are left. */
function fiveSteps(optimizer: Optimizer): number[] {
  return tf.tidy(() => {
    const kernel = tf.variable(tf.tensor2d([0.5, -1.25, 2, 0.125], [2, 2]));
    const bias = tf.variable(tf.tensor1d([1, -0.5]));
    const weights = [kernel, bias];
    const slots = weights.map((weight) =>
      Array.from({ length: optimizer.slots }, () => tf.variable(tf.zerosLike(weight), false)),
    );
    for (let step = 0; step < 5; step++) {
      const gradients = [tf.mul(tf.cos(kernel), step + 1), tf.mul(tf.square(bias), 1.5)];
      weights.forEach((weight, i) => {
        optimizer.update(weight, gradients[i], slots[i], { learningRate: 0.05, step });
      });
    }
    const left = weights.flatMap((weight) => Array.from(weight.dataSync()));
    tf.dispose([...weights, ...slots.flat()]);
    return left;
  });
}

/*
 * PyTorch 1.13 in double precision, the same five steps: torch.optim.SGD and AdamW with the options given, and a weight
 * decay of 0 for the bias.
 */
const cases: [string, Optimizer, number[]][] = [
  [
    'SGD with Nesterov momentum and weight decay',
    sgd({ weightDecay: 0.01 }),
    [
      ...[-1.4614975591393262, -1.6281411809793425, 3.347956924688322, -1.669906296432177],
      ...[0.22419069950133097, -0.9463705625573613],
    ],
  ],
  [
    'SGD with momentum and weight decay',
    sgd({ momentum: 0.8, nesterov: false, weightDecay: 0.01 }),
    [
      ...[-0.8576588885101777, -1.5729428342404128, 2.7602207834871906, -1.22940305654932],
      ...[0.36444023905161577, -0.7622075106889988],
    ],
  ],
  [
    'AdamW',
    adamW({ beta2: 0.99, weightDecay: 0.1 }),
    [
      ...[0.24900620965638917, -1.4637036953801508, 2.1871129263786937, -0.11751301772822118],
      ...[0.7533069285371422, -0.7503587557734803],
    ],
  ],
];

describe('optimizers', () => {
  it('have the documented defaults, and take the ends of their ranges', () => {
    expect(rmsprop()).toMatchObject({ name: 'rmsprop', config: { decay: 0.9, epsilon: 1e-7 }, slots: 1 });
    expect(sgd()).toMatchObject({ name: 'sgd', config: { momentum: 0.9, nesterov: true, weightDecay: 0 }, slots: 1 });
    const config = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.01 };
    expect(adamW()).toMatchObject({ name: 'adamW', config, slots: 2 });
    expect(rmsprop({ decay: 0 }).config.decay).toBe(0);
    expect(sgd({ momentum: 0, weightDecay: 0 }).config.momentum).toBe(0);
  });

  it.each(cases)('%s is that of PyTorch', (_, optimizer, expected) => {
    fiveSteps(optimizer).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 4);
    });
  });

  it('rmsprop is its float64 formula', () => {
    const [decay, epsilon, rate] = [0.8, 1e-3, 0.05];
    const expected = [0.5, -1.25, 2, 0.125, 1, -0.5].map((start, i) => {
      let [w, s] = [start, 0];
      for (let step = 0; step < 5; step++) {
        const g = i < 4 ? Math.cos(w) * (step + 1) : 1.5 * w * w;
        s = decay * s + (1 - decay) * g * g;
        w -= (rate * g) / Math.sqrt(s + epsilon);
      }
      return w;
    });
    fiveSteps(rmsprop({ decay, epsilon })).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
  });

  it.each([
    ['a momentum of 1', () => sgd({ momentum: 1 })],
    ['a negative momentum', () => sgd({ momentum: -0.1 })],
    ['a negative decay', () => rmsprop({ decay: -0.1 })],
    ['an infinite epsilon', () => adamW({ epsilon: Infinity })],
    ['a negative beta1', () => adamW({ beta1: -0.1 })],
    ['an option of another one', () => rmsprop({ momentum: 0.9 } as object)],
    ['an option of another one', () => sgd({ decay: 0.9 } as object)],
    ['an option of another one', () => adamW({ momentum: 0.9 } as object)],
    ['a negative weight decay', () => sgd({ weightDecay: -1 })],
    ['an infinite weight decay', () => adamW({ weightDecay: Infinity })],
    ['a beta2 of 1', () => adamW({ beta2: 1 })],
    ['an epsilon of 0', () => rmsprop({ epsilon: 0 })],
    ['a decay that is no number', () => rmsprop({ decay: NaN })],
  ])('refuses %s', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
