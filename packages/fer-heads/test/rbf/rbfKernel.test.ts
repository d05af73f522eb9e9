import { Random } from 'fer-core';
import { expect, it } from 'vitest';
import { rbfKernel } from '../../src/rbf/rbfKernel.js';

const [n, d, gamma] = [11, 37, 0.02];

// At 0.6 of the numbers, another loop takes over.
it.each([0, 0.1, 0.5, 0.7, 1])('is the definition, to the bit, of rows of which %d is not zero', (filled) => {
  const random = new Random('kernel');
  const data = Float32Array.from({ length: n * d }, () => (random.uniform() < filled ? random.normal() : 0));
  const kernel = rbfKernel({ data, rows: n, columns: d }, gamma);
  const rows = Int32Array.from([3, 0, 10, 7, 7, 1, 5, 9, 2]);
  const dot = (i: number, j: number) => {
    let sum = 0;
    for (let c = 0; c < d; c++) sum += data[i * d + c] * data[j * d + c];
    return sum;
  };
  for (let j = 0; j < n; j++) {
    const out = new Float64Array(rows.length).fill(-1);
    kernel.against(Float64Array.from(data.subarray(j * d, (j + 1) * d)), rows, [1, 8], out);
    for (const [t, i] of rows.entries()) {
      const distance = Math.max(0, dot(i, i) + dot(j, j) - 2 * dot(i, j));
      expect(out[t]).toBe(t < 1 || t >= 8 ? -1 : Math.exp(-gamma * distance));
      if (i === j && t >= 1 && t < 8) expect(out[t]).toBe(1);
    }
  }
});
