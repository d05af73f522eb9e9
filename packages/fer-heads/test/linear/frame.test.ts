import { Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { centreOf, radiusAround, STANDARD_PASSES, sizesOf, standardFrame } from '../../src/linear/frame.js';
import { memoryRows } from '../../src/rows/rows.js';

function matrix(rows: number, columns: number, at: (i: number, j: number) => number) {
  return {
    data: Float32Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns)),
    rows,
    columns,
  };
}

const random = new Random('frame');
const noise = matrix(50, 3, (_, j) => 10 ** j * random.normal() + 5 * j);
const column = (x: typeof noise, j: number) => Array.from({ length: x.rows }, (_, i) => x.data[i * x.columns + j]);
const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
const now = () => undefined;

describe('the centre', () => {
  it('is the mean of each column, in single precision, and exact for a constant one', () => {
    centreOf(noise).forEach((value, j) => {
      expect(value).toBeCloseTo(mean(column(noise, j)), 4);
      expect(Math.fround(value)).toBe(value);
    });
    const tenth = matrix(77, 2, (i, j) => (j === 0 ? 0.1 : i));
    expect(centreOf(tenth)).toEqual(Float64Array.of(Math.fround(0.1), 38));
  });

  it('is that of 1,024 rows spread evenly where there are more', () => {
    // Of 2,048 rows, every second: 0, 2, … 2046, whose mean is 1023.
    expect(centreOf(matrix(2048, 1, (i) => i))).toEqual(Float64Array.of(1023));
    const { data } = matrix(2048, 1, (i) => i);
    const square = data.reduce((sum, value, i) => sum + (i % 2 === 0 ? value * value : 0), 0);
    expect(sizesOf(matrix(2048, 1, (i) => i))[0]).toBeCloseTo(Math.sqrt(square / 1024), 9);
  });
});

describe('the size', () => {
  it('is the root mean square of each column', () => {
    sizesOf(noise).forEach((value, j) => {
      expect(value).toBeCloseTo(Math.sqrt(mean(column(noise, j).map((v) => v * v))), 9);
    });
  });
});

describe('the radius', () => {
  it.each([1, 2, 3, 4, 5])('is the largest distance of a row of %i columns from the centre', async (columns) => {
    const x = matrix(40, columns, () => random.normal());
    const centre = Float64Array.from({ length: columns }, () => random.normal());
    const distances = Array.from({ length: 40 }, (_, i) =>
      Math.hypot(...Array.from(centre, (c, j) => x.data[i * columns + j] - c)),
    );
    expect(await radiusAround(centre, x, now)).toBeCloseTo(Math.max(...distances), 12);
    // In the first and in the last row too.
    for (const i of [0, 39]) {
      const far = { ...x, data: x.data.map((v, at) => (Math.floor(at / columns) === i ? 100 + v : v)) };
      const row = Array.from(centre, (c, j) => far.data[i * columns + j] - c);
      expect(await radiusAround(centre, far, now)).toBeCloseTo(Math.hypot(...row), 9);
    }
  });

  it('is not finite where a number is not, and pauses between blocks', async () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const at of [0, 149]) {
        const data = noise.data.map((v, i) => (i === at ? bad : v));
        expect(Number.isFinite(await radiusAround(new Float64Array(3), { ...noise, data }, now))).toBe(false);
      }
    }
    let pauses = 0;
    const wide = matrix(3, 1 << 17, (i) => i);
    const radius = await radiusAround(new Float64Array(1 << 17), wide, () => {
      pauses++;
      return undefined;
    });
    // Two rows of 2¹⁷ numbers a block. The last row is the furthest.
    expect(pauses).toBe(2);
    expect(radius).toBeCloseTo(2 * Math.sqrt(1 << 17), 9);
    const stop = () => Promise.reject(new Error('enough'));
    await expect(radiusAround(new Float64Array(1 << 17), wide, stop)).rejects.toThrow('enough');
  });
});

describe('standardFrame', () => {
  it('is that of StandardScaler, with 1 for a constant column', async () => {
    const x = matrix(50, 4, (i, j) => (j === 3 ? 0.1 : noise.data[i * 3 + j]));
    const frame = await standardFrame(memoryRows(x), now);
    const radii = new Float64Array(50);
    for (let j = 0; j < 4; j++) {
      const values = column(x, j);
      const m = mean(values);
      const deviation = Math.sqrt(mean(values.map((v) => (v - m) ** 2)));
      const scale = j === 3 ? 1 : deviation;
      expect(frame.mean[j]).toBeCloseTo(m, 9);
      expect(frame.scale[j] / scale).toBeCloseTo(1, 9);
      expect(frame.size[j]).toBeCloseTo(Math.hypot(m / scale, 1), 9);
      values.forEach((v, i) => {
        radii[i] += ((v - m) / scale) ** 2;
      });
    }
    expect(frame.mean[3]).toBe(Math.fround(0.1));
    expect(frame.radius).toBeCloseTo(Math.sqrt(Math.max(...radii)), 9);
    expect(frame.standardised).toBe(true);
  });

  it('reads blocks one after the other, as often as it says, and stops where the pause does', async () => {
    // Two rows a block.
    const d = 1 << 17;
    const wide = matrix(3, d, (i, j) => i * (1 + (j % 2)));
    const asked: number[][] = [];
    const ready = (first: number, count: number) => {
      asked.push([first, count]);
      return undefined;
    };
    const { mean: centre, scale, radius } = await standardFrame({ ...memoryRows(wide), ready }, now);
    expect(asked).toEqual([
      [0, 1],
      ...Array.from({ length: STANDARD_PASSES }, () => [
        [0, 2],
        [2, 1],
      ]).flat(),
    ]);
    expect([centre[0], centre[1], scale[0], scale[1]]).toEqual([1, 2, Math.sqrt(2 / 3), 2 * Math.sqrt(2 / 3)]);
    expect(radius).toBeCloseTo(Math.sqrt(d * 1.5), 9);
    const stop = () => Promise.reject(new Error('enough'));
    await expect(standardFrame(memoryRows(wide), stop)).rejects.toThrow('enough');
  });
});
