import { checkHead } from 'fer-core/testing';
import { describe, expect, it } from 'vitest';
import { heads, softmax, softmaxFromLayer } from '../../src/index.js';
import { gap, referenceData } from '../reference.js';

const { x, y, sampleWeight } = referenceData(300, 12, 4);

describe('softmax', () => {
  it('keeps what heads promise', () => checkHead(() => softmax(), heads[1]));

  /*
   * scikit-learn 1.2.1: m = LogisticRegression(C=C, multi_class='multinomial', solver='newton-cg', tol=1e-13,
   * max_iter=100000).fit(X.astype(float), y), then in float64 .5 * (m.coef_**2).sum() + C * (weight * loss).sum().
   */
  it.each([
    [1e-3, 0.29511918761051054],
    [1e-2, 2.3868624792891495],
    [1e-1, 19.168209541150887],
    [1, 174.63679363165252],
  ])('reaches the optimum of LogisticRegression, C=%d', async (C, objective) => {
    const result = await softmax({ C }).fit(x, y);
    expect(result.converged).toBe(true);
    expect(gap(result.objectives, [objective])).toBeLessThan(1e-7);
  });

  it('weighs classes and rows as LogisticRegression does', async () => {
    const balanced = await softmax({ C: 0.1, classWeight: 'balanced' }).fit(x, y);
    expect(gap(balanced.objectives, [22.674059345239048])).toBeLessThan(1e-7);
    const weighed = await softmax({ C: 0.1 }).fit(x, y, { sampleWeight });
    expect(gap(weighed.objectives, [20.30237962321606])).toBeLessThan(1e-7);
  });

  it('finds its weights', async () => {
    const head = softmax({ C: 0.1, tolerance: 1e-13 });
    expect((await head.fit(x, y)).converged).toBe(true);
    const { weights, bias } = head.toLayer();
    // coef_[1][:4] and intercept_ - intercept_.mean() of the above.
    const second = [-0.10111861650086469, 0.46146557671660976, -0.021038908302115016, -0.04188967186102774];
    for (let j = 0; j < 4; j++) expect(weights.data[j * 4 + 1]).toBeCloseTo(second[j], 6);
    const intercepts = [1.0320680783287972, -0.08264181598969343, -0.47699899573639176, -0.47242726660271206];
    const mean = bias.reduce((a, b) => a + b) / 4;
    for (let c = 0; c < 4; c++) expect(bias[c] - mean).toBeCloseTo(intercepts[c], 6);
  });

  it('learns soft labels: without regularisation and features that tell, their mean', async () => {
    const blank = { data: new Float32Array(2), rows: 2, columns: 1 };
    const soft = Float32Array.of(0.5, 0.25, 0.25, 1, 0, 0);
    const head = softmax({ tolerance: 1e-14 });
    await head.fit(blank, { labels: Uint8Array.of(0, 0), classes: ['a', 'b', 'c'], soft });
    const { data } = await head.predictProba(blank);
    [0.75, 0.125, 0.125].forEach((p, c) => {
      expect(data[c]).toBeCloseTo(p, 6);
    });
  });

  it('takes the probabilities of a trained layer', async () => {
    const head = softmaxFromLayer({
      weights: { data: Float32Array.of(Math.log(2), 0), rows: 1, columns: 2 },
      bias: Float32Array.of(0, Math.log(4)),
      classes: ['a', 'b'],
    });
    const { data } = await head.predictProba({ data: Float32Array.of(0, 2), rows: 2, columns: 1 });
    [0.2, 0.8, 0.5, 0.5].forEach((p, i) => {
      expect(data[i]).toBeCloseTo(p, 6);
    });
    expect(head.classes).toEqual(['a', 'b']);
  });
});
