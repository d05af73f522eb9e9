import { type FeatureMatrix, Random } from 'fer-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { centreOf, sizesOf } from '../../src/linear/frame.js';
import { prepareMatrix, prepareSource } from '../../src/linear/prepare.js';
import { memoryRows } from '../../src/rows/rows.js';

const now = () => undefined;
const random = new Random('prepare');

/** Features around 3, of which `filled` are no zeros. */
function features(rows: number, columns: number, filled: number): FeatureMatrix {
  // Exactly so many, spread over all columns but the last.
  const data = Float32Array.from({ length: rows * columns }, (_, e) =>
    (e * 7919) % (rows * columns) < filled * rows * columns ? 3 + random.normal() : 0,
  );
  return { data, rows, columns };
}

/** The largest distance of a row from a point. */
function radiusOf({ data, rows, columns: d }: FeatureMatrix, centre: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < rows; i++) {
    let square = 0;
    for (let j = 0; j < d; j++) square += (data[i * d + j] - centre[j]) ** 2;
    most = Math.max(most, Math.sqrt(square));
  }
  return most;
}

describe('features in memory', () => {
  it.each([
    // 64 × 4,096 are the fewest numbers for which WebAssembly is started.
    ['few', 4095, 0.5, false, false],
    ['many dense', 4096, 0.5, true, false],
    ['few sparse', 4095, 0.1, false, false],
    ['many sparse', 4096, 0.25, true, true],
    ['many almost sparse', 4096, 0.26, true, false],
  ])('that are %s', async (_, rows, filled, fast, packed) => {
    const x = features(rows, 64, filled);
    const prepared = await prepareMatrix(x, now);
    expect(prepared.fast !== undefined).toBe(fast);
    expect(prepared.fast?.hinge !== undefined).toBe(packed);
    expect(prepared.sample.gram !== undefined).toBe(packed);
    expect([prepared.source.rows, prepared.source.columns, prepared.sample.x]).toEqual([rows, 64, x]);
    const { mean, scale, standardised, radius, size } = prepared.frame;
    // Zeros stay zeros only where nothing is subtracted.
    expect(mean).toEqual(packed ? new Float64Array(64) : centreOf(x));
    expect(prepared.fast?.centre).toEqual(fast && !packed ? mean : undefined);
    expect([...new Set(scale), standardised]).toEqual([1, false]);
    expect(radius / radiusOf(x, mean)).toBeCloseTo(1, packed ? 2 : 9);
    expect(size).toEqual(sizesOf(x));
  });

  it('must be finite', async () => {
    const x = features(2, 2, 1);
    x.data[3] = Number.NaN;
    await expect(prepareMatrix(x, now)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    const sparse = features(4096, 64, 0.2);
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      sparse.data[64 * 4000 + 7] = value;
      await expect(prepareMatrix(sparse, now)).rejects.toThrow(`row 4001, column 8: feature is ${value}`);
    }
  });
});

describe('features that are read', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  const all = features(100, 8, 1);
  const rows = [3, 20, 70];
  const origin = Float32Array.from({ length: 8 }, (_, j) => j);
  const around = { origin, radius: radiusOf(all, origin) };

  it.each([
    ['dense', 1],
    ['sparse', 0.25],
  ])('that are %s', async (_, filled) => {
    const x = features(3, 8, filled);
    const { source, frame, sample, fast } = await prepareSource(memoryRows(all), { x, rows }, around);
    const sparse = filled < 1;
    expect(frame.mean).toEqual(sparse ? new Float64Array(8) : centreOf(x));
    // From its origin to the mean, and from there to the furthest row.
    const apart = Math.hypot(...frame.mean.map((value, j) => value - origin[j]));
    expect(frame.radius).toBeCloseTo(around.radius + apart, 9);
    expect(frame.radius).toBeGreaterThanOrEqual(radiusOf(all, frame.mean));
    const filledColumns = [...origin.keys()].filter((j) => rows.some((_, i) => x.data[i * 8 + j] !== 0));
    expect(sample.gram && [...sample.gram.columns].sort()).toEqual(sparse ? filledColumns : undefined);
    expect([source.rows, sample.x, sample.rows, fast?.centre]).toEqual([100, x, rows, frame.mean]);
  });

  it('without WebAssembly', async () => {
    vi.resetModules();
    vi.stubGlobal('WebAssembly', undefined);
    const plain = await import('../../src/linear/prepare.js');
    const x = features(3, 8, 0.25);
    const { sample, fast } = await plain.prepareSource(memoryRows(all), { x, rows }, around);
    expect([sample, fast]).toEqual([{ x, rows }, undefined]);
    expect((await plain.prepareMatrix(features(4096, 64, 0.1), now)).fast).toBeUndefined();
  });
});
