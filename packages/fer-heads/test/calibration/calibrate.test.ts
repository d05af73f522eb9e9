import {
  argmaxRows,
  type FeatureMatrix,
  type Head,
  type JsonObject,
  type Labels,
  loadClassifier,
  loadHead,
  memoryFolder,
  pipe,
  Random,
  resolveLabels,
  saveClassifier,
  selectFeatures,
  selectLabels,
  softmaxRows,
  stratifiedRows,
} from 'fer-core';
import { checkHead } from 'fer-core/testing';
import { describe, expect, it } from 'vitest';
import { tinyBackbone, tinyBackboneLoader } from '../../../fer-core/test/tiny.js';
import { type CalibrationMethod, calibrate, calibratedLoader, ensemble, heads, linearL2SVM } from '../../src/index.js';
import { referenceData } from '../reference.js';
import { given, givenLoader, rows } from '../scores.js';

const METHODS: CalibrationMethod[] = ['temperature', 'vector', 'sharedSigmoid', 'sigmoid', 'isotonic'];
/** Those that keep every prediction. */
const KEEPING: CalibrationMethod[] = ['temperature', 'sharedSigmoid'];

/** Scores of 4 classes, then of 2 classes that mirror each other, as those of scikit-learn's binary classifiers. */
function reference(k: 2 | 4): { x: FeatureMatrix; y: Labels; queries: FeatureMatrix } {
  const { x: all, y } = referenceData(200, 4, k);
  const row = (i: number, factor = 1) => {
    const [a, b, ...rest] = [...all.data.subarray(i * 4, (i + 1) * 4)].map((v) => factor * v);
    return k === 4 ? [a, b, ...rest] : [-(b - a), b - a];
  };
  const x = rows(...Array.from({ length: 200 }, (_, i) => row(i)));
  return { x, y, queries: rows(row(0), row(1), row(2), row(3), row(4, 3), row(5, 3)) };
}

/*
 * scikit-learn 1.2.1: CalibratedClassifierCV(C, cv='prefit', method=m).fit(X, y).predict_proba(Q), where C is a
 * classifier whose decision_function(X) is X (of two classes X[:, 1]), X and y are those of reference.ts, and Q its
 * first four rows and three times its fifth and sixth.
 */
const EXPECTED: [CalibrationMethod, 2 | 4, number[][], tolerance: number][] = [
  [
    'sigmoid',
    4,
    [
      [0.6997354695263179, 0.15048478614362426, 0.10582396810027898, 0.04395577622977886],
      [0.6520149562042628, 0.16347011296104777, 0.11495551452509306, 0.06955941630959649],
      [0.4918818695887705, 0.23366816621034517, 0.2605818169349958, 0.013868147265888465],
      [0.7974370556999315, 0.10514488638241358, 0.07394002668030782, 0.023478031237347145],
      [0.5017761070385388, 0.06864607099703024, 0.08719857685331689, 0.3423792451111141],
      [0.5984781181137037, 0.06573780647643276, 0.32110533708002204, 0.014678738329841557],
    ],
    // Its BFGS stops at a gradient of 1e-5.
    1e-5,
  ],
  [
    'isotonic',
    4,
    [
      [0.7784895745568162, 0.1064601127599065, 0.09114931697319953, 0.02390099571007769],
      [0.594026138505085, 0.15212518406054734, 0.13024696538517294, 0.12360171204919469],
      [0.5387599407003991, 0.2390212752789866, 0.20951775471682188, 0.012701029303792303],
      [0.8206912096852671, 0.0861775873417985, 0.07378376765688932, 0.01934743531604522],
      [0.45043355525448814, 0.05630419440681102, 0.04282869508421278, 0.45043355525448814],
      [0.4744623194868453, 0.04171097314170069, 0.4744623194868453, 0.009364387884608789],
    ],
    1e-7,
  ],
  [
    'sigmoid',
    2,
    [
      [0.9092790849182169, 0.09072091508178316],
      [0.8919931582627713, 0.10800684173722878],
      [0.7205877038145853, 0.27941229618541474],
      [0.9658569920840745, 0.03414300791592551],
      [0.9997597607951921, 0.00024023920480791314],
      [0.9996923027399002, 0.00030769726009983827],
    ],
    1e-5,
  ],
  [
    'isotonic',
    2,
    [
      [0.8888888888888888, 0.1111111111111111],
      [0.803030303030303, 0.19696969696969696],
      [0.803030303030303, 0.19696969696969696],
      [1, 0],
      [1, 0],
      [1, 0],
    ],
    1e-7,
  ],
];

describe('calibrate', () => {
  it.each(EXPECTED)('gives the probabilities of CalibratedClassifierCV, %s of %d classes', async (...expected) => {
    const [method, k, probabilities, tolerance] = expected;
    const { x, y, queries } = reference(k);
    const calibrated = await calibrate(given(y.classes), x, y, { method });
    const { data } = await calibrated.predictProba(queries);
    for (const [i, p] of probabilities.flat().entries()) expect(Math.abs(data[i] - p)).toBeLessThan(tolerance);
  });

  it('finds the likeliest temperature', async () => {
    const { x, y } = reference(4);
    const calibrated = await calibrate(given(y.classes), x, y, { method: 'temperature' });
    // scipy 1.10: minimize_scalar(lambda t: (logsumexp(X / t, axis=1) - X[range(200), y] / t).mean(), ...).
    const { config } = await calibrated.serialize();
    expect(config).toMatchObject({ method: 'temperature' });
    expect((config.numbers as number[][])[0][0]).toBeCloseTo(3.3478036, 6);
    const { objective, converged } = await calibrated.fit(x, y);
    expect(converged).toBe(true);
    expect(objective).toBeCloseTo(1.30698371898, 8);
    const { data } = await calibrated.predictProba(x);
    const softmax = softmaxRows({ ...x, data: x.data.map((v) => v / 3.3478036) });
    data.forEach((p, i) => void expect(p).toBeCloseTo(softmax.data[i], 6));
    expect(await calibrated.predict(x)).toEqual(argmaxRows(x));
  });

  // numpy: rs = RandomState(3); y = arange(24) % 3; z = round(randn(24, 3) * 1.2 + eye(3)[y] * 1.1, 3).
  const [noisy, thirds] = [
    [
      3.246, 0.524, 0.116, -2.236, 0.767, -0.426, -0.099, -0.752, 1.047, 0.527, -1.577, 1.062, 1.058, 3.151, 0.06,
      -0.486, -0.654, -0.756, 2.279, -1.321, -1.422, -0.247, 2.883, 0.284, -1.229, -0.856, 1.85, 0.907, -0.923, -0.276,
      0.894, 3.471, -1.493, -0.752, -0.965, -1.803, -0.009, -1.229, 1.349, -0.158, -0.848, 0.776, -0.428, -2.092, 0.384,
      0.394, -1.049, 0.036, -2.698, 0.779, 1.216, 1.023, 1.33, 2.443, 2.885, -1.342, 1.015, -2.233, 0.377, -2.297,
      1.258, 1.6, 0.863, 3.23, -0.81, 0.181, 0.184, -0.177, 0.526, 2.327, -1.23, 2.179,
    ],
    { labels: Uint8Array.from({ length: 24 }, (_, i) => i % 3), classes: ['a', 'b', 'c'] },
  ];

  it.each([1, 0.01])('finds the best scale and shift of each class, of scores times %d', async (factor) => {
    const x = { data: Float32Array.from(noisy, (v) => factor * v), rows: 24, columns: 3 };
    const calibrated = await calibrate(given(thirds.classes), x, thirds, { method: 'vector' });
    const { config } = await calibrated.serialize();
    // scipy 1.10: minimize_scalar for the temperature t, then minimize(f, method='BFGS', options=dict(gtol=1e-11)), f(a,
    // b) = mean(logsumexp(a z / t + b) - (a z / t + b)_y) + 1e-4 / 2 * (sum((a - 1) ** 2) + sum(b ** 2)) in float64.
    const [scales, shifts] = [
      [1.25472098, 1.20809421, 0.72963766],
      [-0.32413288, 0.21503876, 0.10909417],
    ];
    for (const [c, [scale, shift]] of (config.numbers as number[][]).entries()) {
      expect(scale * factor).toBeCloseTo(scales[c], 5);
      expect(shift).toBeCloseTo(shifts[c], 5);
    }
    const { objective, converged } = await calibrated.fit(x, thirds);
    expect(converged).toBe(true);
    expect(objective).toBeCloseTo(0.6469032039, 7);
    const logits = noisy.map((v, i) => scales[i % 3] * v + shifts[i % 3]);
    const expected = softmaxRows({ data: Float32Array.from(logits), rows: 24, columns: 3 });
    (await calibrated.predictProba(x)).data.forEach((p, i) => void expect(p).toBeCloseTo(expected.data[i], 5));
  });

  it('finds what turned true logits into wrong ones, class by class', async () => {
    // The scores of a softmax that is too certain of class 0, and prefers class 1.
    const { held, test } = overconfident(1);
    const distort = ({ data, ...shape }: FeatureMatrix) => ({
      ...shape,
      data: data.map((v, i) => [3 * v, v + 1, v, v, v][i % 5]),
    });
    const calibrated = await calibrate(given(held.y.classes), distort(held.x), held.y, { method: 'vector' });
    const temperature = await calibrate(given(held.y.classes), distort(held.x), held.y, { method: 'temperature' });
    const after = expectedError(await calibrated.predictProba(distort(test.x)), test.y);
    expect(after).toBeLessThan(0.032);
    expect(after).toBeLessThan(expectedError(await temperature.predictProba(distort(test.x)), test.y));
  });

  it('finds the likeliest sigmoid for all classes', async () => {
    const { x, y } = saturating(600);
    const calibrated = await calibrate(given(y.classes), x, y);
    const { config } = await calibrated.serialize();
    expect(config).toMatchObject({ method: 'sharedSigmoid' });
    const [[slope, intercept]] = config.numbers as number[][];
    // scipy 1.10: minimize(nll, ..., method='Nelder-Mead', options=dict(xatol=1e-12, fatol=1e-16)), nll(log a, b) the
    // mean of -log(expit(a z_y + b) / expit(a z + b).sum()) in float64.
    expect(-slope).toBeCloseTo(4.959560114143565, 5);
    expect(-intercept).toBeCloseTo(1.4552988074103046, 5);
    const { objective, converged } = await calibrated.fit(x, y);
    expect(converged).toBe(true);
    expect(objective).toBeCloseTo(1.0503150080070065, 12);
    const { data } = await calibrated.predictProba(x);
    const expected = [
      0.034522997501326584, 0.1675548213917131, 0.36175233495274767, 0.43616984615421267, 0.16641922724439123,
      0.4353061467736059, 0.39687234885895356, 0.0014022771230494412,
    ];
    expected.forEach((p, i) => void expect(data[i]).toBeCloseTo(p, 6));
  });

  it('a sigmoid far down is a temperature', async () => {
    const { x, y } = reference(4);
    const logits = { ...x, data: x.data.map((v, i) => v - 0.7 * x.data[(i + 4) % x.data.length]) };
    const [one, other] = await Promise.all(KEEPING.map((method) => calibrate(given(y.classes), logits, y, { method })));
    const best = (await one.fit(logits, y)).objective;
    // It has one more parameter, so it can't be worse.
    expect((await other.fit(logits, y)).objective).toBeLessThan(best + 1e-9);
  });

  it.each(KEEPING)('keeps every prediction, also where float32 makes ties: %s', async (method) => {
    const { x, y } = saturating(600);
    // Scores so far out that σ is 1 to all digits, and pairs that differ in the last bit.
    const far = rows([20, 30, -1, 0], [1, 1 + 2 ** -23, 0, 0], [-30, -40, -29, -50], [1, 1, 0, 1]);
    const calibrated = await calibrate(given(y.classes), x, y, { method });
    for (const scores of [x, far]) {
      const probabilities = await calibrated.predictProba(scores);
      expect(await calibrated.predict(scores)).toEqual(argmaxRows(scores));
      expect(argmaxRows(probabilities)).toEqual(argmaxRows(scores));
      expect(probabilities.data.every((p) => p >= 0 && p <= 1)).toBe(true);
    }
  });

  it('takes logarithms of probabilities for the temperature: those of an ensemble, too', async () => {
    const { x, y } = reference(4);
    const members = [given(y.classes, true), given(y.classes, true)];
    const alone = await calibrate(members[0], x, y);
    const averaged = await calibrate(ensemble(members), x, y);
    // Of logits and of their softmax's logarithms the softmax is the same, and so is that of two equal members.
    const plain = await calibrate(given(y.classes), x, y, { method: 'temperature' });
    const expected = (await plain.predictProba(x)).data;
    for (const { data } of [await alone.predictProba(x), await averaged.predictProba(x)]) {
      data.forEach((p, i) => void expect(p).toBeCloseTo(expected[i], 5));
    }
    // Probabilities that float32 rounds to 0 are finite in logarithms.
    const sure = rows([0, 200, -200, 0], [300, 0, 0, 0]);
    expect((await alone.predictProba(sure)).data.every(Number.isFinite)).toBe(true);
  });

  it('measures its error on rows that the calibration was not fitted on', async () => {
    const { held, test } = overconfident(4);
    const calibrated = await calibrate(given(held.y.classes), held.x, held.y);
    const fresh = expectedError(await calibrated.predictProba(test.x), test.y);
    expect(calibrated.expectedCalibrationError).toBeGreaterThan(0.005);
    expect(Math.abs(calibrated.expectedCalibrationError! - fresh)).toBeLessThan(0.015);
    const { x, y } = saturating(60);
    const isotonic = await calibrate(given(y.classes), x, y, { method: 'isotonic' });
    const data = new Float32Array(240);
    for (const rows of stratifiedRows(y, 5, 0)) {
      const rest = [...y.labels.keys()].filter((row) => !rows.includes(row));
      const [some, labels] = [selectFeatures(x, rest), selectLabels(y, rest)];
      const without = await calibrate(given(y.classes), some, labels, { method: 'isotonic' });
      const found = await without.predictProba(selectFeatures(x, rows));
      rows.forEach((row, i) => void data.set(found.data.subarray(4 * i, 4 * i + 4), 4 * row));
    }
    const outOfFold = expectedError({ data, rows: 60, columns: 4 }, y);
    expect(isotonic.expectedCalibrationError).toBeCloseTo(outOfFold, 12);
    expect((await isotonic.fit(x, y)).expectedCalibrationError).toBe(isotonic.expectedCalibrationError);
    const folder = memoryFolder();
    await saveClassifier(isotonic, folder);
    const loaded = await loadHead(folder, [givenLoader, ...heads]);
    expect(loaded).toMatchObject({ expectedCalibrationError: isotonic.expectedCalibrationError });
    const few = await calibrate(given(['a', 'b']), rows([1, 0], [0, 1], [2, 1], [1, 2]), {
      labels: Uint8Array.of(0, 1, 0, 1),
      classes: ['a', 'b'],
    });
    expect(few.expectedCalibrationError).toBeUndefined();
  });

  it.each(METHODS)('takes overconfidence away: %s', async (method) => {
    const { held, test } = overconfident(4);
    const before = expectedError(softmaxRows(test.x), test.y);
    const calibrated = await calibrate(given(test.y.classes), held.x, held.y, { method });
    const after = expectedError(await calibrated.predictProba(test.x), test.y);
    expect(before).toBeGreaterThan(0.2);
    // One class against the rest, each by its own scores alone, can't do as well as what the scores were made of.
    expect(after).toBeLessThan([...KEEPING, 'vector'].includes(method) ? 0.032 : before / 2);
    if (method !== 'temperature') return;
    const { numbers } = (await calibrated.serialize()).config as { numbers: number[][] };
    expect(numbers[0][0] / 4).toBeCloseTo(1, 1);
  });

  it.each(METHODS)('keeps what heads promise, of an SVM: %s', (method) =>
    checkHead(() => calibratedSVM(method), heads),
  );

  it.each(METHODS)(
    'predicts the most probable class, and is saved whole, over features and images: %s',
    async (method) => {
      const { x, y } = reference(4);
      const head = await calibrate(given(y.classes), x, y, { method });
      expect(await head.predict(x)).toEqual(argmaxRows(await head.predictProba(x)));
      expect(await head.decisionFunction(x)).toEqual(await head.predictProba(x));
      const folder = memoryFolder();
      await saveClassifier(head, folder);
      const loaded = await loadHead(folder, [givenLoader, ...heads]);
      expect(await loaded.predictProba!(x)).toEqual(await head.predictProba(x));

      const faces = { images: Uint8Array.from(x.data, (v) => 30 * v), n: 200, height: 2, width: 2, channels: 1 };
      const whole = await calibrate(pipe(tinyBackbone(), given(y.classes)), faces, y, { method });
      await saveClassifier(whole, folder);
      const again = await loadClassifier(folder, { backbones: [tinyBackboneLoader], heads: [givenLoader, ...heads] });
      expect(await again.predictProba!(faces)).toEqual(await whole.predictProba(faces));
      expect(await again.predict(faces)).toEqual(await whole.predict(faces));
    },
  );

  it.each([1e-12, 1e12])('scores scaled by %d make the same probabilities', async (factor) => {
    const { x, y } = reference(4);
    const scaled = { ...x, data: x.data.map((v) => v * factor) };
    for (const method of METHODS) {
      const plain = await (await calibrate(given(y.classes), x, y, { method })).predictProba(x);
      const { data } = await (await calibrate(given(y.classes), scaled, y, { method })).predictProba(scaled);
      data.forEach((p, i) => void expect(p).toBeCloseTo(plain.data[i], 4));
    }
  });

  it('scores without an error stay finite', async () => {
    const x = rows([1, 0], [2, 1], [0, 1], [1, 2]);
    const y = { labels: Uint8Array.of(0, 0, 1, 1), classes: ['a', 'b'] };
    for (const method of METHODS) {
      const { data } = await (await calibrate(given(y.classes), x, y, { method })).predictProba(x);
      expect(data.every(Number.isFinite)).toBe(true);
      expect(data[0]).toBeGreaterThan(0.6);
    }
  });

  it('scores that say nothing give the frequencies, or are refused', async () => {
    const x = rows([1, 1], [1, 1], [1, 1], [1, 1]);
    const y = { labels: Uint8Array.of(0, 0, 0, 1), classes: ['a', 'b'] };
    const isotonic = await calibrate(given(y.classes), x, y, { method: 'isotonic' });
    expect([...(await isotonic.predictProba(x)).data.slice(0, 2)]).toEqual([0.75, 0.25]);
    // Platt's targets: (3 · 4/5 + 1 · 1/3) / 4 of the first class.
    const sigmoid = await calibrate(given(y.classes), x, y, { method: 'sigmoid' });
    expect((await sigmoid.predictProba(x)).data[0]).toBeCloseTo((2.4 + 1 / 3) / 4, 6);
    for (const method of [...KEEPING, 'vector'] as const) {
      await expect(calibrate(given(y.classes), x, y, { method })).rejects.toThrow(/no better than chance/);
      const wrong = calibrate(given(y.classes), rows([0, 1], [0, 1], [0, 1], [1, 0]), y, { method });
      await expect(wrong).rejects.toMatchObject({ code: 'INVALID_DATA' });
    }
  });

  it('what does not fit is refused', async () => {
    const { x, y } = reference(4);
    const head = given(y.classes);
    const of = (labels: Labels) => calibrate(head, x, labels);
    await expect(of({ ...y, labels: y.labels.slice(1) })).rejects.toThrow(/199 labels for 200 rows/);
    await expect(of({ ...y, classes: ['a', 'b', 'c', 'd'] })).rejects.toThrow(/must be the same/);
    await expect(of({ ...y, labels: y.labels.map((l) => l % 3) })).rejects.toThrow(/class "class 3" has no rows/);
    const method = 'platt' as 'sigmoid';
    await expect(calibrate(head, x, y, { method })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const { config: shared } = await (await calibrate(head, x, y, { method: 'sharedSigmoid' })).serialize();
    for (const numbers of [[], [[1, 0]], [[-1]]]) {
      const part = { kind: 'calibrated', config: { ...shared, numbers }, files: new Map() };
      await expect(calibratedLoader.compose(part, async () => head)).rejects.toMatchObject({ code: 'CORRUPT' });
    }
    const part = await (await calibrate(head, x, y, { method: 'sigmoid' })).serialize();
    const broken: JsonObject[] = [{ numbers: [[1, 2]] }, { numbers: 'x' }, { method: 'x' }, { classifier: 'x' }];
    for (const change of broken) {
      const loading = calibratedLoader.compose({ ...part, config: { ...part.config, ...change } }, async () => head);
      await expect(loading).rejects.toMatchObject({ code: 'CORRUPT' });
    }
  });
});

/**
 * Labels drawn from p ∝ σ(4 z + 1) of uniform z, with the generator of reference.ts:
 *
 *   for i in range(n):
 *       for c in range(4): Z[i, c] = 3 * u() - 1.5          # float32
 *       p = expit(4 * Z[i] + 1); left = u() * p.sum()
 *       while y[i] < 3 and left > p[y[i]]: left -= p[y[i]]; y[i] += 1
 */
function saturating(n: number): { x: FeatureMatrix; y: Labels } {
  let s = 1;
  const u = () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 4294967296;
  };
  const data = new Float32Array(n * 4);
  const labels = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < 4; c++) data[i * 4 + c] = 3 * u() - 1.5;
    const p = Array.from(data.subarray(i * 4, i * 4 + 4), (z) => 1 / (1 + Math.exp(-(4 * z + 1))));
    let left = u() * p.reduce((a, b) => a + b);
    for (; labels[i] < 3 && left > p[labels[i]]; labels[i]++) left -= p[labels[i]];
  }
  return { x: { data, rows: n, columns: 4 }, y: { labels, classes: ['a', 'b', 'c', 'd'] } };
}

/** An SVM that is calibrated on the rows it learned from: only to see what heads promise. */
function calibratedSVM(method: CalibrationMethod): Head {
  let head: Head = linearL2SVM({ C: 1 });
  return {
    get classes() {
      return head.classes;
    },
    async fit(x, y, run) {
      const svm = linearL2SVM({ C: 1 });
      const result = await svm.fit(x, y, run);
      head = await calibrate(svm, x, resolveLabels(x, y), { method });
      return result;
    },
    decisionFunction: (x) => head.decisionFunction(x),
    predict: (x) => head.predict(x),
    predictProba: (x) => head.predictProba!(x),
    serialize: () => head.serialize(),
    dispose: () => head.dispose(),
  };
}

/** Labels drawn from softmax(z) of random z, and scores that are `factor` times too sure. */
function overconfident(factor: number): Record<'held' | 'test', { x: FeatureMatrix; y: Labels }> {
  const random = new Random('overconfident');
  const classes = ['a', 'b', 'c', 'd', 'e'];
  const draw = (n: number) => {
    const z = { data: Float32Array.from({ length: n * 5 }, () => 1.5 * random.normal()), rows: n, columns: 5 };
    const p = softmaxRows(z).data;
    const labels = Uint8Array.from({ length: n }, (_, i) => {
      let left = random.uniform();
      let c = 0;
      for (; c < 4 && left > p[i * 5 + c]; c++) left -= p[i * 5 + c];
      return c;
    });
    return { x: { ...z, data: z.data.map((v) => v * factor) }, y: { labels, classes } };
  };
  return { held: draw(3000), test: draw(3000) };
}

/** The expected calibration error of the predicted class, over 15 bins (Guo et al. 2017). */
function expectedError({ data, columns }: FeatureMatrix, { labels }: Labels): number {
  const bins = Array.from({ length: 15 }, () => ({ confidence: 0, hits: 0 }));
  labels.forEach((label, i) => {
    const row = data.subarray(i * columns, (i + 1) * columns);
    const confidence = Math.max(...row);
    const bin = bins[Math.min(14, Math.floor(confidence * 15))];
    bin.confidence += confidence;
    bin.hits += Number(row.indexOf(confidence) === label);
  });
  return bins.reduce((sum, { confidence, hits }) => sum + Math.abs(confidence - hits), 0) / labels.length;
}
