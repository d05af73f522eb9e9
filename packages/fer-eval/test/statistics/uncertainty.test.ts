import { type Progress, Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import {
  bootstrapInterval,
  compare,
  holmCorrection,
  mcnemarTest,
  pairedBootstrap,
  wilsonInterval,
} from '../../src/index.js';
import { bcaInterval } from '../../src/statistics/bootstrap.js';
import { normalCdf, normalQuantile } from '../../src/statistics/normal.js';
// Made by `python3 test/reference/uncertainty.py` with scipy 1.10.1.
import reference from '../reference/uncertainty.json' with { type: 'json' };

describe('against scipy', () => {
  it('normal distribution and its inverse', () => {
    for (const [z, p] of reference.cdf) {
      expect(Math.abs(normalCdf(z) - p)).toBeLessThanOrEqual(1e-15);
      if (Math.abs(z) > 7 && z < 0) expect(normalCdf(z) / p).toBeCloseTo(1, 12);
    }
    for (const [p, z] of reference.quantile) {
      expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(z)));
    }
  });

  it('normal distribution of what is no finite number', () => {
    expect(normalCdf(Number.NaN)).toBeNaN();
    expect([normalCdf(Number.NEGATIVE_INFINITY), normalCdf(Number.POSITIVE_INFINITY)]).toEqual([0, 1]);
  });

  it('Wilson interval', () => {
    for (const [k, n, confidence, [low, high]] of reference.wilson as [number, number, number, [number, number]][]) {
      const interval = wilsonInterval(k, n, { confidence });
      expect(interval.low).toBeCloseTo(low, 12);
      expect(interval.high).toBeCloseTo(high, 12);
    }
  });

  it("McNemar's exact test", () => {
    for (const [b, c, p] of reference.mcnemar) {
      expect(Math.abs(mcnemarTest(b, c) - p)).toBeLessThan(1e-12);
      expect(mcnemarTest(b, c) / p).toBeCloseTo(1, 10);
    }
  });

  it('BCa interval of a recorded bootstrap', () => {
    const drawn = Float64Array.from(reference.drawn);
    const estimate = reference.x.reduce((a, b) => a + b) / reference.x.length;
    const { low, high } = bcaInterval(estimate, drawn, Float64Array.from(reference.leftOut), 0.95);
    expect(low).toBeCloseTo(reference.bca[0], 12);
    expect(high).toBeCloseTo(reference.bca[1], 12);
  });

  it('BCa interval where all resamples lie on one side of the estimate', () => {
    // The bias is that of half a resample on the other side: numpy.quantile(arange(100), Φ(2 Φ⁻¹(0.995) ± 1.96)), and
    // the same with Φ⁻¹(0.005).
    const bounds = [98.92998681102667, 98.99999999994323];
    const drawn = Float64Array.from({ length: 100 }, (_, i) => i);
    const even = new Float64Array(5).fill(2);
    const above = bcaInterval(1000, drawn, even, 0.95);
    expect([above.low, above.high]).toEqual(bounds.map((bound) => expect.closeTo(bound, 9)));
    const below = bcaInterval(-1, drawn, even, 0.95);
    expect([below.low, below.high]).toEqual(bounds.map((bound) => expect.closeTo(99 - bound, 9)).reverse());
    // A quantile of 1, to the last bit.
    expect(bcaInterval(1000, drawn, even, 1 - 1e-12).high).toBe(99);
  });

  it('bootstrap of a skewed mean, within what 20,000 resamples leave to chance', async () => {
    const { x } = reference;
    const mean = (rows: Uint32Array) => rows.reduce((total, row) => total + x[row], 0) / rows.length;
    const { estimate, low, high, standardError } = await bootstrapInterval(x.length, mean, { resamples: 20_000 });
    expect(estimate).toBeCloseTo(1.4, 12);
    expect(Math.abs(low - reference.bcaMany[0])).toBeLessThan(0.03);
    expect(Math.abs(high - reference.bcaMany[1])).toBeLessThan(0.1);
    expect(Math.abs(standardError - reference.seMany)).toBeLessThan(0.01);
  });
});

describe('bootstrapInterval', () => {
  const mean = (rows: Uint32Array) => rows.reduce((a, b) => a + b, 0) / rows.length;

  it('leaves out each row once', async () => {
    const sums: number[] = [];
    await bootstrapInterval(4, (rows) => {
      if (rows.length === 3) sums.push(6 - rows[0] - rows[1] - rows[2]);
      return mean(rows);
    });
    expect(sums).toEqual([0, 1, 2, 3]);
  });

  it('calls the statistic as often as it says, and tells how far it is', async () => {
    let calls = 0;
    const done: Progress[] = [];
    // 4 million visits of rows between two pauses: 1,000 calls with 4,000 rows.
    await bootstrapInterval(4000, (rows) => ++calls && rows[0], {
      resamples: 1001,
      onProgress: (event) => done.push(event),
    });
    expect(calls).toBe(1001 + 4000 + 1);
    expect(done).toEqual(
      [0, 1000, 2000, 3000, 4000, 5000, 5001].map((n) => ({ kind: 'transform', done: n, total: 5001 })),
    );
  });

  it('has the numbers of earlier releases', async () => {
    // Recorded: the same seed must give the same interval in every version.
    const recorded = await bootstrapInterval(50, mean, { resamples: 200, confidence: 0.9 });
    expect(recorded).toEqual({
      estimate: 24.5,
      standardError: expect.closeTo(2.1611591808622346, 10),
      low: expect.closeTo(20.97937831953087, 10),
      high: expect.closeTo(27.7, 10),
    });
    expect(await pairedBootstrap(30, 20, 500, { resamples: 200, confidence: 0.9 })).toEqual({
      estimate: 0.02,
      standardError: expect.closeTo(0.013944581628142156, 12),
      low: expect.closeTo(-0.004, 12),
      high: expect.closeTo(0.04063167069163456, 12),
    });
  });

  it('depends on its seed alone', async () => {
    const first = await bootstrapInterval(50, mean, { seed: 'a' });
    expect(await bootstrapInterval(50, mean, { seed: 'a' })).toEqual(first);
    expect((await bootstrapInterval(50, mean, { seed: 'b' })).low).not.toBe(first.low);
  });

  it('is a point where the statistic never varies', async () => {
    expect(await bootstrapInterval(9, () => 0.5)).toEqual({ estimate: 0.5, low: 0.5, high: 0.5, standardError: 0 });
  });

  it('refuses statistics that are not finite, and too few rows', async () => {
    await expect(bootstrapInterval(9, () => Number.NaN)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(bootstrapInterval(1, mean)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(bootstrapInterval(9, mean, { resamples: 5 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(bootstrapInterval(9, mean, { confidence: 95 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('stops when told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const predictions = ['a', 'b'].map((name, i) => ({ name, predicted: [0, 1, i] }));
    await expect(compare({ actual: [0, 1, 0], classes: ['x', 'y'], predictions }, { signal })).rejects.toThrow(
      'enough',
    );
    await expect(bootstrapInterval(9, mean, { signal })).rejects.toThrow('enough');
  });
});

describe('arguments at and beyond their ends', () => {
  const invalid = expect.objectContaining({ code: 'INVALID_ARGUMENT' });

  it.each([
    [-1, 2],
    [1, -1],
    [1.5, 2],
    [2, 2.5],
    [Number.NaN, 1],
    [0, 2 ** 53],
  ])('mcnemarTest(%d, %d)', (b, c) => {
    expect(() => mcnemarTest(b, c)).toThrow(invalid);
  });

  it.each([
    [-1, 2],
    [3, 2],
    [0, 0],
    [0.5, 2],
    [1, 2.5],
    [1, Number.POSITIVE_INFINITY],
  ])('wilsonInterval(%d, %d)', (k, n) => {
    expect(() => wilsonInterval(k, n)).toThrow(invalid);
  });

  it.each([0, 1, -0.5, 95, Number.NaN])('confidence %d', async (confidence) => {
    expect(() => wilsonInterval(1, 2, { confidence })).toThrow(invalid);
    await expect(pairedBootstrap(1, 1, 9, { confidence })).rejects.toThrow(invalid);
  });

  it('wilsonInterval of one row', () => {
    // scipy 1.10.1: binomtest(0, 1).proportion_ci(0.95, method="wilson")
    for (let n = 1; n < 300; n++) {
      expect(wilsonInterval(0, n).low).toBe(0);
      expect(wilsonInterval(n, n).high).toBe(1);
    }
    expect(wilsonInterval(0, 1)).toEqual({ low: 0, high: expect.closeTo(0.7934506856227626, 12) });
    expect(wilsonInterval(1, 1)).toEqual({ low: expect.closeTo(1 - 0.7934506856227626, 12), high: 1 });
  });

  it('p-values of 0 and 1', () => {
    expect(holmCorrection([1, 0])).toEqual([1, 0]);
    expect(() => holmCorrection([0.5, -0.1])).toThrow(invalid);
    expect(() => holmCorrection([0.5, -0.1])).toThrow('p-value 2 is -0.1');
    expect(() => holmCorrection([1.1, 0.5])).toThrow('p-value 1 is 1.1');
    expect(holmCorrection([])).toEqual([]);
  });

  it.each([
    [-1, 2, 9],
    [2, -1, 9],
    [0.5, 1, 9],
    [1, 0.5, 9],
    [5, 5, 9],
    [0, 0, 1],
    [0, 0, 2.5],
  ])('pairedBootstrap(%d, %d, %d)', async (b, c, n) => {
    await expect(pairedBootstrap(b, c, n)).rejects.toThrow(invalid);
  });

  it('2 rows and 100 resamples, and no fewer', async () => {
    expect(await pairedBootstrap(1, 1, 2, { resamples: 100 })).toMatchObject({ estimate: 0 });
    expect(await bootstrapInterval(2, (rows) => rows[0], { resamples: 100 })).toMatchObject({ estimate: 0 });
    for (const resamples of [99, 100.5]) {
      await expect(pairedBootstrap(1, 1, 2, { resamples })).rejects.toThrow(invalid);
    }
  });
});

describe('pairedBootstrap', () => {
  it('tells how far it is, once in 500 resamples, and can be stopped there', async () => {
    const done: Progress[] = [];
    await pairedBootstrap(3, 2, 50, { resamples: 1200, onProgress: (event) => done.push(event) });
    expect(done).toEqual([0, 500, 1000, 1200].map((n) => ({ kind: 'transform', done: n, total: 1200 })));
    const stop = new AbortController();
    const stopped = pairedBootstrap(3, 2, 50, {
      signal: stop.signal,
      onProgress: (event) => {
        if (event.kind === 'transform' && event.done === 500) stop.abort(new Error('enough'));
      },
    });
    await expect(stopped).rejects.toThrow('enough');
  });

  it('depends on its seed alone', async () => {
    const first = await pairedBootstrap(30, 20, 500, { seed: 'a' });
    expect(await pairedBootstrap(30, 20, 500, { seed: 'a' })).toEqual(first);
    expect((await pairedBootstrap(30, 20, 500, { seed: 'b' })).standardError).not.toBe(first.standardError);
    expect(await pairedBootstrap(30, 20, 500)).toEqual(await pairedBootstrap(30, 20, 500, { seed: 0 }));
  });

  it('is the bootstrap over rows, drawn faster', async () => {
    const [b, c, n] = [14, 6, 120];
    const gain = (row: number) => (row < b ? 1 : row < b + c ? -1 : 0);
    const byRows = (rows: Uint32Array) => rows.reduce((total, row) => total + gain(row), 0) / rows.length;
    const rows = await bootstrapInterval(n, byRows, { resamples: 20_000 });
    const counts = await pairedBootstrap(b, c, n, { resamples: 20_000 });
    expect(counts.estimate).toBeCloseTo(rows.estimate, 12);
    expect(Math.abs(counts.standardError / rows.standardError - 1)).toBeLessThan(0.03);
    // Two steps of 1/120: what 20,000 draws leave to chance at these quantiles is less than one.
    expect(Math.abs(counts.low - rows.low)).toBeLessThan(2.01 / n);
    expect(Math.abs(counts.high - rows.high)).toBeLessThan(2.01 / n);
  });

  it('accelerates to the side of the longer tail', async () => {
    // 3 rows of 50 won, none lost: over resamples the difference is Binomial(50, 0.06) / 50. From scipy.stats.binom
    // (SciPy 1.10): bias Φ⁻¹(P(X < 3) + P(X = 3) / 2) = 0.0797, acceleration of the jackknife 0.0873; BCa takes the
    // quantiles 0.0624 and 0.9948, which are 1 and 8 rows. With the acceleration's sign flipped: 0 and 6 rows.
    const won = await pairedBootstrap(3, 0, 50, { resamples: 20_000 });
    expect([won.low, won.high]).toEqual([1 / 50, 8 / 50]);
    const lost = await pairedBootstrap(0, 3, 50, { resamples: 20_000 });
    expect([lost.low, lost.high]).toEqual([-8 / 50, -1 / 50]);
  });

  it('does with no dispute and with nothing else', async () => {
    expect(await pairedBootstrap(0, 0, 10)).toEqual({ estimate: 0, standardError: 0, low: 0, high: 0 });
    expect(await pairedBootstrap(10, 0, 10)).toEqual({ estimate: 1, standardError: 0, low: 1, high: 1 });
    const { low, high } = await pairedBootstrap(5, 5, 10);
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
    await expect(pairedBootstrap(8, 8, 10)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('holmCorrection', () => {
  it('steps down, never decreasing and never above 1', () => {
    // R: p.adjust(c(.01, .04, .03, .005, .6), "holm")
    const adjusted = holmCorrection([0.01, 0.04, 0.03, 0.005, 0.6]);
    for (const [i, p] of [0.04, 0.09, 0.09, 0.025, 0.6].entries()) expect(adjusted[i]).toBeCloseTo(p, 12);
    expect(holmCorrection([0.6, 0.7])).toEqual([1, 1]);
    expect(() => holmCorrection([Number.NaN])).toThrow('NaN');
  });
});

describe('compare', () => {
  const n = 2000;
  const random = new Random('compared');
  const actual = Uint8Array.from({ length: n }, () => random.int(3));
  const difficulty = Float64Array.from({ length: n }, () => random.uniform());
  const predict = (accuracy: number, noise: number) =>
    actual.map((label, i) => (difficulty[i] + noise * (random.uniform() - 0.5) < accuracy ? label : (label + 1) % 3));
  const input = {
    actual,
    classes: ['a', 'b', 'c'],
    predictions: [
      { name: 'plain', predicted: predict(0.6, 0.1) },
      { name: 'same', predicted: predict(0.601, 0.1) },
      { name: 'good', predicted: predict(0.65, 0.1) },
      { name: 'bad', predicted: predict(0.5, 0.1) },
    ],
  };

  it('says who is better, who is worse, and where the data cannot tell', async () => {
    const comparison = await compare(input, { baseline: 'plain' });
    const [plain, same, good, bad] = comparison.classifiers;
    expect(comparison.classifiers.map((c) => c.verdict)).toEqual(['baseline', 'undecided', 'better', 'worse']);
    expect(plain).toMatchObject({ difference: 0, differenceInterval: null, pValue: null, adjustedPValue: null });
    expect(good.difference).toBeCloseTo((good.correct - plain.correct) / n, 12);
    expect(good.onlyThis - good.onlyBaseline).toBe(good.correct - plain.correct);
    expect(good.differenceInterval!.low).toBeGreaterThan(0);
    expect(bad.differenceInterval!.high).toBeLessThan(0);
    expect(same.differenceInterval!.low).toBeLessThan(0);
    expect(same.adjustedPValue).toBeGreaterThanOrEqual(same.pValue!);
    // In pairs the interval of a difference is narrower than that of either accuracy.
    const width = ({ low, high }: { low: number; high: number }) => high - low;
    expect(width(good.differenceInterval!)).toBeLessThan(width(good.interval));
    expect(JSON.parse(JSON.stringify(comparison))).toEqual(comparison);
  });

  it('agrees with the formula of a paired difference', async () => {
    const [, , good] = (await compare(input, { baseline: 'plain' })).classifiers;
    const { onlyThis: b, onlyBaseline: c, difference, differenceInterval } = good;
    const error = Math.sqrt(b + c - (b - c) ** 2 / n) / n;
    expect(Math.abs(differenceInterval!.low - (difference - 1.96 * error))).toBeLessThan(0.3 * error);
    expect(Math.abs(differenceInterval!.high - (difference + 1.96 * error))).toBeLessThan(0.3 * error);
  });

  it('tells how many are compared', async () => {
    const done: Progress[] = [];
    const predictions = ['a', 'b'].map((name, i) => ({ name, predicted: [0, 1, i] }));
    const input = { actual: [0, 1, 0], classes: ['x', 'y'], predictions };
    await compare(input, { onProgress: (event) => done.push(event) });
    expect(done).toEqual([1, 2].map((n) => ({ kind: 'transform', done: n, total: 2 })));
    await bootstrapInterval(9, () => 0.5, { onProgress: (event) => done.push(event) });
    expect(done.at(-1)).toEqual({ kind: 'transform', done: 2009, total: 2009 });
  });

  it('holds them against the most accurate by default', async () => {
    expect((await compare(input)).baseline).toBe('good');
    const alone = await compare({ ...input, predictions: input.predictions.slice(0, 1) });
    expect(alone.classifiers[0].verdict).toBe('baseline');
  });

  it('refuses what cannot be compared', async () => {
    const invalid = { code: 'INVALID_ARGUMENT' };
    await expect(compare({ ...input, predictions: [] })).rejects.toMatchObject(invalid);
    await expect(compare(input, { baseline: 'none' })).rejects.toMatchObject(invalid);
    const twice = [input.predictions[0], input.predictions[0]];
    await expect(compare({ ...input, predictions: twice })).rejects.toMatchObject(invalid);
    const short = [{ name: 'short', predicted: [0] }];
    await expect(compare({ ...input, predictions: short })).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });
});
