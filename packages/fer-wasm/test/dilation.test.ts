import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useWasm } from '../src/index.js';

beforeAll(() => useWasm({ threads: 1 }));

const [SIZE, CHANNELS, KERNEL] = [8, 2, 3];
const values = (n: number, step: number) => Float32Array.from({ length: n }, (_, i) => Math.sin((i + 1) * step));
// Most sums are negative: upstream's kernel loses those.
const x = values(SIZE * SIZE * CHANNELS, 1.7).map((value) => value - 1.5);
const filter = values(KERNEL * KERNEL * CHANNELS, 2.3);

/** max over i, j of x[y + i·dilation][z + j·dilation] + filter[i][j], inside the image, in float64. */
function dilated(stride: number, pad: 'same' | 'valid', dilation: number): number[] {
  const reach = (KERNEL - 1) * dilation + 1;
  const size = Math.ceil((pad === 'same' ? SIZE : SIZE - reach + 1) / stride);
  const before = pad === 'same' ? Math.floor(Math.max(0, (size - 1) * stride + reach - SIZE) / 2) : 0;
  return Array.from({ length: size * size * CHANNELS }, (_, at) => {
    const channel = at % CHANNELS;
    const [row, column] = [Math.floor(at / CHANNELS / size), Math.floor(at / CHANNELS) % size];
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < KERNEL * KERNEL; k++) {
      const y = row * stride - before + Math.floor(k / KERNEL) * dilation;
      const z = column * stride - before + (k % KERNEL) * dilation;
      if (y < 0 || z < 0 || y >= SIZE || z >= SIZE) continue;
      most = Math.max(most, x[(y * SIZE + z) * CHANNELS + channel] + filter[k * CHANNELS + channel]);
    }
    return most;
  });
}

describe('dilation2d', () => {
  it.each([
    [1, 'same', 1],
    [1, 'same', 2],
    [2, 'same', 1],
    [3, 'same', 1],
    [1, 'valid', 1],
    [1, 'valid', 2],
    [2, 'valid', 1],
  ] as const)('with stride %i, %s padding and dilation %i', async (stride, pad, dilation) => {
    const before = tf.memory();
    const y = tf.tidy(() =>
      tf.dilation2d(
        tf.tensor4d(x, [1, SIZE, SIZE, CHANNELS]),
        tf.tensor3d(filter, [KERNEL, KERNEL, CHANNELS]),
        stride,
        pad,
        dilation,
      ),
    );
    const expected = dilated(stride, pad, dilation);
    const got = await y.data();
    y.dispose();
    expect(got).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) expect(got[i]).toBeCloseTo(value, 6);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  });
});
