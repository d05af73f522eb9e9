import {
  argmaxRows,
  type FeatureMatrix,
  type Labels,
  loadHead,
  memoryFolder,
  type Progress,
  Random,
  saveClassifier,
} from 'fer-core';
import { checkHead } from 'fer-core/testing';
import { describe, expect, it } from 'vitest';
import { heads, type RbfSVMOptions, rbfSVM, rbfSVMLoader } from '../../src/index.js';
import { countVotes, loadRbf, type RbfModel } from '../../src/rbf/rbfModel.js';
import { referenceData } from '../reference.js';

const { x, y } = referenceData(120, 6, 4);
/** Points between the first rows. */
const queries: FeatureMatrix = {
  data: Float32Array.from({ length: 18 }, (_, i) => x.data[i] / 2 + x.data[i + 18] / 2),
  rows: 3,
  columns: 6,
};

const model = async (options: RbfSVMOptions, labels: Labels = y): Promise<RbfModel> => {
  const head = rbfSVM(options);
  await head.fit(x, labels);
  return loadRbf(await head.serialize());
};

interface Expected {
  readonly gamma: number;
  /** n_support_, intercept_ and the first three columns of dual_coef_. */
  readonly counts: number[];
  readonly biases: number[];
  readonly coefficients: number[][];
  /** decision_function(Q). */
  readonly decisions: number[][];
}

/*
 * scikit-learn 1.2.1: SVC(tol=1e-8, **options).fit(X, y) of reference.ts; Q = X[:3] * .5 + X[3:6] * .5.
 */
const EXPECTED: [name: string, options: RbfSVMOptions, expected: Expected][] = [
  [
    'by default',
    {},
    {
      gamma: 0.06328113180904385,
      counts: [38, 24, 19, 4],
      biases: [
        0.3825639952413244, 0.5770482712715516, 1.046936781878659, 0.3440674020937156, 0.9694592874105705,
        0.9663931077570392,
      ],
      coefficients: [
        [0, 1, 0],
        [0.31521336101896225, 1, 0.02993350094892277],
        [0, 0, 0.46713957183134913],
      ],
      decisions: [
        [3.2504919269718626, 0.9598703692756498, 2.023307571441778, -0.24920214466970395],
        [3.255145694226281, 2.122195905235638, 0.8430264183415501, -0.24898621176576263],
        [3.2513152154778524, 2.0585273555584025, 0.8976807414148149, -0.2463966066437307],
      ],
    },
  ],
  [
    'gamma="auto", C=.5',
    { gamma: 'auto', C: 0.5 },
    {
      gamma: 1 / 6,
      counts: [51, 24, 19, 4],
      biases: [
        0.675021690650892, 0.8109102605339027, 0.9922734798491366, 0.4664745719660906, 0.9524931180781712,
        0.9384199950738304,
      ],
      coefficients: [
        [0.06762967403528204, 0.11131843692595254, 0.5],
        [0.04199141800849392, 0.10916739683924452, 0.5],
        [0, 0.0047041837169440595, 0],
      ],
      decisions: [
        [3.245069659007441, 2.103877842320858, 0.9253876707580647, -0.24875003848781052],
        [3.24856164079385, 2.116036080857044, 0.8786069219946469, -0.2477174140509141],
        [3.251285504079873, 2.06972873435464, 0.8876682145851229, -0.2460483027691084],
      ],
    },
  ],
  [
    'gamma=.05, C=10, class_weight="balanced"',
    { gamma: 0.05, C: 10, classWeight: 'balanced' },
    {
      gamma: 0.05,
      counts: [45, 21, 18, 4],
      biases: [
        -0.1595484359205192, 0.4961009580042666, 1.999273089661952, 0.29176706063248325, 0.9980662314604061,
        2.3603987380721874,
      ],
      coefficients: [
        [0.6007662465297556, 4.10958904109589, 0],
        [0, 4.10958904109589, 0],
        [0, 1.0717205798279013, 4.10958904109589],
      ],
      decisions: [
        [3.2554473349785464, 0.8527375820445553, 2.189981937502352, -0.2640853235776159],
        [3.2895997889971875, 1.8433882401185637, 0.7801640801512371, -0.2638712878094084],
        [2.1629971053996297, -0.1638269542986277, 3.137219182691355, 0.863892494432186],
      ],
    },
  ],
  [
    'gamma=1, C=100',
    { gamma: 1, C: 100 },
    {
      gamma: 1,
      counts: [73, 24, 19, 4],
      biases: [
        0.4629236201819393, 0.5791604843872465, 0.8834742658973553, 0.16071319079531463, 0.6934957336561258,
        0.7681013881119362,
      ],
      coefficients: [
        [0.30528032222234214, 0.4944603393039322, 1.3039683781628382],
        [0.23927283344151837, 0.3874477938573039, 1.6262749980198214],
        [0.0662629337695782, 0.1072799408843861, 0.0882379270782432],
      ],
      decisions: [
        [3.218367741809025, 2.079273873199921, 1.0513107256850727, -0.23510301354504545],
        [3.2215094463104266, 2.088888341408034, 1.0021722734490413, -0.233862634732117],
        [3.2280284556123258, 2.0559189299649434, 0.9740133867913191, -0.23178262770782357],
      ],
    },
  ],
];

describe('rbfSVM', () => {
  it('keeps what heads promise', () => checkHead(() => rbfSVM(), heads));

  it.each(EXPECTED)('finds the machines of SVC, %s', async (_name, options, expected) => {
    const head = rbfSVM({ ...options, tolerance: 1e-8 });
    const { converged, supportVectors, gamma } = await head.fit(x, y);
    expect(converged).toBe(true);
    expect(gamma).toBeCloseTo(expected.gamma, 12);
    expect(supportVectors).toEqual(expected.counts);
    const found = loadRbf(await head.serialize());
    // Kernel rows are kept in float32, as libsvm keeps them.
    expected.biases.forEach((bias, p) => void expect(found.biases[p]).toBeCloseTo(bias, 4));
    for (const [row, values] of expected.coefficients.entries()) {
      const from = row * found.vectors.rows;
      values.forEach((value, t) => void expect(Math.abs(found.coefficients[from + t] - value)).toBeLessThan(1e-3));
    }
    const { data } = await head.decisionFunction(queries);
    expected.decisions.flat().forEach((value, i) => void expect(data[i]).toBeCloseTo(value, 4));
  });

  it('tells how many rows are scored', async () => {
    const head = rbfSVM();
    await head.fit(x, y);
    const done: Progress[] = [];
    await head.predict(queries, { onProgress: (event) => done.push(event) });
    expect(done.at(-1)).toEqual({ kind: 'transform', done: 3, total: 3 });
  });

  it('tells two classes apart as SVC does', async () => {
    const two = { labels: y.labels.map((label) => Number(label > 0)), classes: ['no', 'yes'] };
    const found = await model({ tolerance: 1e-8 }, two);
    // n_support_, and −intercept_: of two classes scikit-learn turns all signs.
    expect(found.counts).toEqual([46, 43]);
    expect(found.biases[0]).toBeCloseTo(-0.2949809138062709, 4);
  });

  it('comes to the same with a cache of two rows, and with one that holds all', async () => {
    const [small, large] = [await model({ C: 10, cacheBytes: 1 }), await model({ C: 10 })];
    expect(small.coefficients).toEqual(large.coefficients);
    expect(small.biases).toEqual(large.biases);
  });

  it('says so when it was stopped early', async () => {
    const { converged, iterations } = await rbfSVM({ maxIterations: 3 }).fit(x, y);
    expect(converged).toBe(false);
    expect(iterations).toBe(18);
  });

  it('rows that vote in a circle go to the strongest, in predict and in decisionFunction', async () => {
    // 0 beats 1, 1 beats 2, 2 beats 0 by most.
    const { data } = countVotes(Float64Array.of(0.5, -2, 0.1), 1, 3);
    // 1 + s / (3 (|s| + 1)) of −1.5, −.4 and 1.9.
    [1 - 1.5 / 7.5, 1 - 0.4 / 4.2, 1 + 1.9 / 8.7].forEach((v, c) => void expect(data[c]).toBeCloseTo(v, 6));
    // Many classes on few points: votes tie for some rows, and the first class isn't the strongest.
    const random = new Random('ties');
    const many = { data: Float32Array.from({ length: 1400 }, () => random.normal()), rows: 700, columns: 2 };
    const head = rbfSVM({ C: 1 });
    const labels = Uint8Array.from({ length: 700 }, (_, i) => i % 7);
    await head.fit(many, { labels, classes: [...'abcdefg'] });
    const scores = await head.decisionFunction(many);
    expect(await head.predict(many)).toEqual(argmaxRows(scores));
    let tied = 0;
    for (let i = 0; i < 700; i++) {
      const votes = Array.from(scores.data.subarray(i * 7, i * 7 + 7), Math.round);
      const most = Math.max(...votes);
      if (votes.filter((v) => v === most).length > 1) tied++;
    }
    expect(tied).toBeGreaterThan(3);
  });

  it('takes more rows than a call has arguments', async () => {
    const rows = 200_000;
    const data = Float32Array.from({ length: rows }, (_, i) => (i % 2) + (i % 7) / 7);
    const labels = Uint8Array.from({ length: rows }, (_, i) => i % 2);
    const events: Progress[] = [];
    const head = rbfSVM({ maxIterations: 1 });
    const { converged } = await head.fit(
      { data, rows, columns: 1 },
      { labels, classes: ['a', 'b'] },
      { onProgress: (event) => void events.push(event) },
    );
    expect(converged).toBe(false);
    expect(events.filter(({ kind }) => kind === 'warning')).toMatchObject([{ code: 'NOT_CONVERGED' }]);
  });

  it('keeps its options, and refuses what is not its own', async () => {
    const head = rbfSVM({ gamma: 'auto', classWeight: [1, 2, 1, 1] });
    await head.fit(x, y);
    const folder = memoryFolder();
    await saveClassifier(head, folder);
    const loaded = await loadHead(folder, heads);
    expect((await loaded.serialize()).config).toEqual((await head.serialize()).config);
    expect(await loaded.predict(x)).toEqual(await head.predict(x));
    const part = await head.serialize();
    const numbers = part.files.get('coefficients.f64')!;
    for (const broken of [
      { ...part, config: { ...part.config, classes: ['a'] } },
      { ...part, config: { ...part.config, counts: [1, 2, 3, 'x'] } },
      { ...part, config: { ...part.config, gamma: 0 } },
      { ...part, config: { ...part.config, options: { C: -1 } } },
      { ...part, files: new Map() },
      { ...part, files: new Map([...part.files, ['coefficients.f64', numbers.slice(8)]] as const) },
      { ...part, files: new Map([...part.files, ['coefficients.f64', numbers.map(() => 255)]] as const) },
    ]) {
      await expect(rbfSVMLoader.load(broken)).rejects.toMatchObject({ code: 'CORRUPT' });
    }
  });
});
