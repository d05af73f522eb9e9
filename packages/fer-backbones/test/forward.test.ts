import * as tf from '@tensorflow/tfjs-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { forward } from '../src/forward.js';
import { shallowCnn } from '../src/index.js';
import { toTensor } from '../src/preprocessing.js';
import { patches } from './data.js';
import { smallBackbone } from './small.js';

beforeAll(() => useWasm({ threads: 2 }));

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);
}

describe('forward', () => {
  it.each([
    ['a network of every layer kind', smallBackbone, 12],
    ['ShallowCNN', shallowCnn, 48],
  ])('computes what tfjs-layers computes: %s', async (_, create, size) => {
    const backbone = create();
    // Moving averages other than 0 and 1.
    await backbone.fit(patches(8, size), { epochs: 1, batchSize: 4 });
    tf.tidy(() => {
      const x = toTensor(patches(5, size, 1), [0, 5], backbone.preprocessing);
      const expected = (backbone.model.predict(x) as tf.Tensor).dataSync();
      const actual = forward(backbone.model, x, { training: false }).dataSync();
      expect(Math.max(...expected)).toBeGreaterThan(0);
      expect(largestDifference(actual, expected)).toBeLessThan(1e-5 * Math.max(1, ...expected));
    });
    backbone.dispose();
  });
});
