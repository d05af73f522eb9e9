import { Random } from 'fer-core';
import { expect, it } from 'vitest';
import { plainProducts } from '../src/products.js';

it.each([
  [1, 1, 1],
  [4, 3, 2],
  [7, 5, 3],
  [11, 16, 7],
])('rows of %i×%i features, %i columns, against the definition', (n, d, count) => {
  const random = new Random('products');
  const x = Float32Array.from({ length: n * d }, () => random.normal());
  const v = Float64Array.from({ length: count * d }, () => random.normal());
  const first = n > 4 ? 2 : 0;
  const rows = n - first;
  const products = plainProducts({ data: x, rows: n, columns: d });
  const scores = new Float64Array(count * rows);
  products.begin(v, count);
  products.scores(first, rows, scores);
  products.accumulate(first, rows, scores);
  const sums = new Float64Array(count * d);
  products.end(sums);
  for (let c = 0; c < count; c++) {
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += x[(first + i) * d + j] * v[c * d + j];
      expect(scores[c * rows + i]).toBeCloseTo(sum, 10);
    }
    for (let j = 0; j < d; j++) {
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += x[(first + i) * d + j] * scores[c * rows + i];
      expect(sums[c * d + j]).toBeCloseTo(sum, 10);
    }
  }
});
