import { loadHead, memoryFolder, saveClassifier } from 'fer-core';
import { checkHead } from 'fer-core/testing';
import { describe, expect, it } from 'vitest';
import { heads, type LinearHeadOptions, linearL2SVM, linearL2SVMFromLayer } from '../../src/index.js';
import { gap, referenceData } from '../reference.js';

const { x, y, sampleWeight } = referenceData(300, 12, 4);

/*
 * scikit-learn 1.2.1: m = LinearSVC(dual=False, tol=1e-13, max_iter=100000, C=C, ...).fit(X.astype(float), y), then in
 * float64, for each class, with s the intercept_scaling, t = ±1 and cw the weights of the rows in that class's problem:
 *   z = X @ m.coef_[c] + m.intercept_[c]
 *   .5 * (m.coef_[c] @ m.coef_[c] + (m.intercept_[c] / s)**2) + C * (cw * maximum(0, 1 - t * z)**2).sum()
 */
const OBJECTIVES: [name: string, options: LinearHeadOptions, objectives: number[]][] = [
  ['C=1e-3', { C: 1e-3 }, [0.2137245934416082, 0.18847800272789955, 0.13142388907286412, 0.07569161578904729]],
  ['C=1e-2', { C: 1e-2 }, [1.7396485965878286, 1.5191188984422794, 0.921195924888486, 0.4570967628467449]],
  ['C=1e-1', { C: 1e-1 }, [16.4224328021415, 13.81253548761654, 7.6966495646608175, 3.5828430314626005]],
  ['C=1', { C: 1 }, [162.96464961523574, 135.58084951453253, 73.83544788689355, 33.593257786055226]],
  [
    'intercept_scaling=10',
    { C: 0.1, biasScaling: 10 },
    [16.41625405516693, 13.676048439377215, 7.496133638153843, 3.4479408671008644],
  ],
  [
    'fit_intercept=False',
    { C: 0.1, bias: 'none' },
    [16.45839450234437, 14.540775113396085, 8.482621748574456, 3.881157213231717],
  ],
  [
    'class_weight="balanced"',
    { C: 0.1, classWeight: 'balanced' },
    [10.662597684468578, 13.503807042497353, 11.234422167756232, 11.070209834454786],
  ],
  [
    'class_weight={0: 1, 1: 2, 2: 3, 3: .5}',
    { C: 0.1, classWeight: [1, 2, 3, 0.5] },
    [16.4224328021415, 20.04128554553436, 14.590132392794644, 2.178553389429744],
  ],
  [
    'StandardScaler',
    { C: 0.1, standardise: true },
    [16.510481390045957, 13.874376884235694, 7.972074552844191, 4.088010447876363],
  ],
];

describe('linearL2SVM', () => {
  it('keeps what heads promise', () => checkHead(() => linearL2SVM(), heads[0]));

  it.each(OBJECTIVES)('reaches the optimum of LinearSVC, %s', async (_name, options, objectives) => {
    const result = await linearL2SVM(options).fit(x, y);
    expect(result.converged).toBe(true);
    expect(gap(result.objectives, objectives)).toBeLessThan(1e-7);
    expect(result.objective).toBeCloseTo(
      objectives.reduce((a, b) => a + b),
      5,
    );
  });

  it('weighs rows as LinearSVC does', async () => {
    const result = await linearL2SVM({ C: 0.1 }).fit(x, y, { sampleWeight });
    // The same, with sample_weight=weight.
    const expected = [16.981403625977567, 14.816917325548287, 8.65911820487328, 3.7124216769261587];
    expect(gap(result.objectives, expected)).toBeLessThan(1e-7);
  });

  it('finds its weights', async () => {
    const head = linearL2SVM({ C: 0.1, tolerance: 1e-12 });
    expect((await head.fit(x, y)).converged).toBe(true);
    const { weights, bias } = head.toLayer();
    // coef_[1] and intercept_ of the above.
    const second = [
      -0.1470712834204653, 0.20223217555334372, -0.017745534052556616, -0.020862439785546322, -0.15590509506643935,
      0.1304928223070551, -0.21264612603309374, -0.021290958131696555, -0.07502739478147495, 0.34694768241749535,
      -0.049828851136431956, -0.007569058441443341,
    ];
    for (let j = 0; j < 12; j++) expect(weights.data[j * 4 + 1]).toBeCloseTo(second[j], 6);
    const intercepts = [0.10317746865989799, -0.4814682333752395, -0.5667138218569516, -0.43560938227959256];
    for (let c = 0; c < 4; c++) expect(bias[c]).toBeCloseTo(intercepts[c], 6);
  });

  it('folds standardisation back', async () => {
    const head = linearL2SVM({ C: 0.1, standardise: true, tolerance: 1e-12 });
    await head.fit(x, y);
    // decision_function of the first row, after StandardScaler.
    const expected = [1.2182184755080505, -1.5199865348147024, -1.1549656055666238, -0.9649394132700793];
    expect(gap((await head.decisionFunction(x)).data, expected)).toBeLessThan(2e-6);
  });

  it('solves two classes as one problem with two class weights', async () => {
    const labels = y.labels.map((label) => Number(label > 0));
    const head = linearL2SVM({ C: 0.1, classWeight: [1, 3], tolerance: 1e-12 });
    await head.fit(x, { labels, classes: ['no', 'yes'] });
    const { weights, bias } = head.toLayer();
    // LinearSVC(..., C=.1, class_weight={0: 1, 1: 3}).fit(X, y > 0): coef_[0][:3], intercept_.
    const expected = [-0.2692283040037447, 0.09460440908867496, 0.08652990602263189];
    for (let j = 0; j < 3; j++) {
      expect(weights.data[2 * j + 1]).toBeCloseTo(expected[j], 6);
      expect(weights.data[2 * j]).toBe(-weights.data[2 * j + 1]);
    }
    expect(bias[1]).toBeCloseTo(0.2863864568132935, 6);
  });

  it('a free bias is the limit of a scaled one', async () => {
    const free = await linearL2SVM({ C: 0.1, bias: 'free', tolerance: 1e-10 }).fit(x, y);
    const scaled = await linearL2SVM({ C: 0.1, biasScaling: 1e5, tolerance: 1e-10 }).fit(x, y);
    expect(free.converged).toBe(true);
    expect(gap(free.objectives, [...scaled.objectives])).toBeLessThan(1e-7);
  });

  it('one-hot soft labels are hard labels, and mixed ones lie between', async () => {
    const soft = new Float32Array(300 * 4);
    y.labels.forEach((label, i) => {
      soft[i * 4 + label] = 1;
    });
    const hard = await linearL2SVM().fit(x, y);
    expect((await linearL2SVM().fit(x, { ...y, soft })).objective).toBe(hard.objective);
    // All rows half and half between two classes: by symmetry nothing tells them apart.
    const even = Float32Array.from({ length: 600 }, () => 0.5);
    const head = linearL2SVM();
    await head.fit(x, { labels: y.labels.map((label) => Number(label > 0)), classes: ['a', 'b'], soft: even });
    expect(head.toLayer().weights.data.every((weight) => Math.abs(weight) < 1e-7)).toBe(true);
  });

  it('starts from a layer, and says what it has not reached', async () => {
    const head = linearL2SVM({ C: 1 });
    const cold = await head.fit(x, y);
    const warm = await linearL2SVM({ C: 1 }).fit(x, y, { start: head.toLayer() });
    expect(warm.passes).toBeLessThan(cold.passes / 2);
    expect(gap(warm.objectives, [...cold.objectives])).toBeLessThan(1e-7);
    const short = await linearL2SVM({ C: 1, maxIterations: 1 }).fit(x, y);
    expect(short.converged).toBe(false);
    expect(short.objective).toBeGreaterThan(cold.objective * (1 + 1e-6));
  });

  it('a layer becomes a head that is saved and loaded whole', async () => {
    const layer = {
      weights: { data: Float32Array.of(1, -1, 0.1, 0.5), rows: 2, columns: 2 },
      bias: Float32Array.of(0.25, 0),
      classes: ['a', 'b'],
    };
    const head = linearL2SVMFromLayer(layer, { C: 3, classWeight: [1, 2] });
    const scores = await head.decisionFunction({ data: Float32Array.of(2, 3), rows: 1, columns: 2 });
    expect([...scores.data]).toEqual([Math.fround(2.25 + 3 * Math.fround(0.1)), -0.5]);
    const folder = memoryFolder();
    await saveClassifier(head, folder);
    const loaded = await loadHead(folder, heads);
    expect((await loaded.serialize()).config).toEqual({
      classes: ['a', 'b'],
      columns: 2,
      options: {
        C: 3,
        classWeight: [1, 2],
        tolerance: 1e-7,
        maxIterations: 200,
        bias: 'regularised',
        biasScaling: 1,
        standardise: false,
      },
    });
    expect(() => linearL2SVMFromLayer({ ...layer, bias: Float32Array.of(1) })).toThrow(
      expect.objectContaining({ code: 'INVALID_DATA' }),
    );
  });
});
