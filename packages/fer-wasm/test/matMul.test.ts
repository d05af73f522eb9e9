import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { useWasm } from '../src/index.js';
import { onCpu, read, relativeError, values } from './reference.js';

beforeAll(() => useWasm({ threads: 2 }));

const size = fc.integer({ min: 1, max: 40 });

describe('matMul', () => {
  it('agrees with the cpu backend in all transposes, batched or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        size,
        size,
        size,
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        fc.boolean(),
        async (m, n, k, batch, ta, tb) => {
          const a = values(batch * m * k, `a${m}`);
          const b = values(batch * k * n, `b${n}`);
          const op = () =>
            tf.matMul(
              tf.tensor3d(a, ta ? [batch, k, m] : [batch, m, k]),
              tf.tensor3d(b, tb ? [batch, n, k] : [batch, k, n]),
              ta,
              tb,
            );
          const [expected] = await onCpu(op);
          expect(relativeError(read(op)[0], expected)).toBeLessThan(1e-5);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([1, 2, 3, 4, 5])('of %i rows agrees with the cpu backend, with bias and ReLU', async (m) => {
    for (const [k, n] of [
      [1, 1],
      [7, 3],
      [13, 18],
      [600, 181],
    ]) {
      for (const activation of ['linear', 'relu'] as const) {
        const op = () => {
          const [a, b] = [tf.tensor2d(values(m * k, `a${m}`), [m, k]), tf.tensor2d(values(k * n, 'b'), [k, n])];
          return tf.fused.matMul({ a, b, bias: m % 2 ? tf.tensor1d(values(n, 'bias')) : undefined, activation });
        };
        const [expected] = await onCpu(op);
        expect(relativeError(read(op)[0], expected), `${k}, ${n}, ${activation}`).toBeLessThan(1e-5);
      }
    }
  });

  it('passes over a deep k in parts', async () => {
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, true],
    ]) {
      const [m, n, k] = [13, 19, 2500];
      const op = () =>
        tf.matMul(
          tf.tensor2d(values(m * k, 'a'), transposeA ? [k, m] : [m, k]),
          tf.tensor2d(values(n * k, 'b'), transposeB ? [n, k] : [k, n]),
          transposeA,
          transposeB,
        );
      const [expected] = await onCpu(op);
      expect(relativeError(read(op)[0], expected)).toBeLessThan(1e-5);
    }
  });

  it('shares one matrix among a batch', async () => {
    const op = () => tf.matMul(tf.tensor3d(values(60, 'a'), [3, 4, 5]), tf.tensor3d(values(35, 'b'), [1, 5, 7]));
    const [expected] = await onCpu(op);
    expect(relativeError(read(op)[0], expected)).toBeLessThan(1e-5);
  });

  it('adds a bias and applies ReLU', async () => {
    const op = () =>
      tf.fused.matMul({
        a: tf.tensor2d(values(70, 'a'), [7, 10]),
        b: tf.tensor2d(values(110, 'b'), [10, 11]),
        bias: tf.tensor1d(values(11, 'bias')),
        activation: 'relu',
      });
    const [expected] = await onCpu(op);
    expect(Math.min(...expected)).toBe(0);
    expect(relativeError(read(op)[0], expected)).toBeLessThan(1e-5);
  });

  it('lets NaN and infinity through to the elements they belong to', () => {
    const a = tf.tensor2d([1, 2, Number.NaN, 4, Number.POSITIVE_INFINITY, 1, 1, 1, 1], [3, 3]);
    const [product] = read(() => tf.matMul(a, tf.tensor2d([1, 0, 0, 1, 0, 0, 0, 1, 1], [3, 3])));
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
    expect([...product]).toEqual([nan, nan, nan, infinity, nan, nan, 2, 1, 1]);
  });
});
