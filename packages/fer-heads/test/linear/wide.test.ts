import { type FeatureMatrix, Random } from 'fer-core';
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { linearL2SVM, softmax } from '../../src/index.js';
import { makeGram } from '../../src/products/gram.js';
import { startWasm } from '../../src/products/wasm.js';
import { optimum } from './optimum.js';

/** Mostly zero, like the output of a ReLU. */
function features(n: number, d: number): FeatureMatrix {
  const random = new Random('wide');
  const data = Float32Array.from({ length: n * d }, () => (random.uniform() < 0.2 ? random.uniform() : 0));
  return { data, rows: n, columns: d };
}

/** As many columns as rows, and the same inner products of rows: a linear head has the same minimum. */
function narrowed({ data, rows: n, columns: d }: FeatureMatrix): FeatureMatrix {
  const x = new Matrix(Array.from({ length: n }, (_, i) => [...data.subarray(i * d, (i + 1) * d)]));
  const { lowerTriangularMatrix } = new CholeskyDecomposition(x.mmul(x.transpose()));
  return { data: Float32Array.from(lowerTriangularMatrix.to1DArray()), rows: n, columns: n };
}

describe('features with more columns than it pays to factor the Hessian of', () => {
  const [n, k] = [24, 3];
  // As VGG16's last maps of a picture of 224 × 224; WebAssembly's memory can't hold a Hessian per class.
  const x = features(n, 25_088);
  const y = { labels: Uint8Array.from({ length: n }, (_, i) => i % k), classes: ['a', 'b', 'c'] };

  it.each([
    ['linearL2SVM', linearL2SVM, 'squaredHinge', 'regularised'],
    ['softmax', softmax, 'crossEntropy', 'free'],
  ] as const)('%s is fitted to the optimum, from memory and from chunks', async (_name, make, loss, bias) => {
    const C = 1;
    const { value, constant } = optimum({ loss, bias, C }, narrowed(x), y);
    const head = make({ C });
    for (const fit of [head.fit(x, y), head.fitChunks(() => [{ features: x, labels: y }])]) {
      const { converged, objective } = await fit;
      expect(converged).toBe(true);
      expect(Math.abs(objective - value)).toBeLessThan(1e-6 * Math.min(value, constant - value));
    }
  });

  it('are factored up to a number of columns that depends on the values', async () => {
    const wasm = (await startWasm())!;
    const counts = new Uint32Array(25_088).fill(5);
    // c³ / 6 multiplications for 125,440 values.
    expect(makeGram(x, wasm, counts).most).toBe(Math.floor(Math.cbrt(6 * 2000 * 125_440)));
    expect(makeGram(x, wasm, counts, 1000 * n).most).toBe(Math.floor(10 * Math.cbrt(6 * 2000 * 125_440)));
    expect(makeGram(x, wasm, counts, 1e6 * n).most).toBe(25_088);
  });
});

describe("WebAssembly's memory", () => {
  it('has addresses beyond 2 GiB, and an error beyond 4', async () => {
    const wasm = (await startWasm())!;
    const first = wasm.allocate(2 ** 31 + 4);
    const second = wasm.allocate(8);
    expect(second).toBe(first + 2 ** 31 + 16);
    wasm.doubles(second, 1)[0] = 7;
    expect(wasm.doubles(second, 1)[0]).toBe(7);
    expect(wasm.fits(2 ** 31)).toBe(false);
    expect(() => wasm.allocate(2 ** 31)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringContaining('fitChunks') }),
    );
    expect(wasm.fits(1024)).toBe(true);
    expect(wasm.allocate(16)).toBe(second + 16);
  });
});
