import { argmaxRows, type EpochRecord, FER2013_CLASSES, Random, softmaxRows } from 'fer-core';
import {
  CORRUPTIONS,
  compare,
  evaluate,
  type Robustness,
  rankingCurves,
  wilsonInterval,
  worstMistakes,
} from '../src/index.js';
import { mapFeatures } from '../src/plots.js';
import type { ReportInput } from '../src/report.js';

const COUNTS = {
  Training: [3995, 436, 4097, 7215, 4830, 3171, 4965],
  PublicTest: [467, 56, 496, 895, 653, 415, 607],
  PrivateTest: [491, 55, 528, 879, 594, 416, 626],
};

/** How sure the invented heads are of each class: harder ones are those that are harder in life. */
const SKILL = [1.6, 1.7, 1.2, 3.4, 1.4, 2.8, 2];

/** A report on invented predictions for FER2013's classes and sizes: shaped as a real one, made in a moment. */
export async function reportInput(
  heads = ['softmax', 'linear L2-SVM', 'rbf SVM', 'nearest neighbours'],
): Promise<ReportInput> {
  const classes = FER2013_CLASSES;
  const gain = [0, 0.12, 0.1, -0.5, 0.05, 0.08, 0.02, -0.1];
  const evaluations = heads.map((): Record<string, ReturnType<typeof evaluate>> => ({}));
  const comparisons: Record<string, Awaited<ReturnType<typeof compare>>> = {};
  for (const split of ['PublicTest', 'PrivateTest'] as const) {
    const actual = Uint8Array.from(COUNTS[split].flatMap((count, label) => new Array<number>(count).fill(label)));
    const n = actual.length;
    const random = new Random(split);
    const common = Float32Array.from({ length: n * 7 }, () => 1.5 * random.normal());
    const predictions = heads.map((name, h) => {
      const data = common.map((noise, at) => {
        const [i, j] = [Math.floor(at / 7), at % 7];
        const pull = j === actual[i] ? SKILL[j] + gain[h] : j > 3 ? 0.6 : 0;
        return noise + pull + 0.3 * random.normal();
      });
      const scores = { data, rows: n, columns: 7 };
      const predicted = Uint8Array.from({ length: n }, (_, i) => {
        const row = data.subarray(i * 7, i * 7 + 7);
        return row.indexOf(Math.max(...row));
      });
      const probabilities = h === 0 || h === 3 ? softmaxRows(scores) : undefined;
      evaluations[h][split] = evaluate({ actual, predicted, classes, scores, probabilities });
      return { name, predicted };
    });
    comparisons[split] = await compare({ actual, classes, predictions }, { baseline: heads[0], resamples: 400 });
  }
  const seconds = [0.84, 3.91, 212, 0.02, 14, 4000, 2, 3];
  return {
    title: 'Heads on ShallowCNN features of FER2013',
    description:
      'One backbone, trained once; each head fitted to its 1,024 penultimate features. The predictions are invented.',
    classes,
    splits: Object.entries(COUNTS).map(([name, counts]) => ({ name, counts })),
    history: history(40),
    heads: heads.map((name, h) => ({
      name,
      ...(h > 0 && { fit: { iterations: 11 * h, converged: h !== 2, objective: 12.5, seconds: seconds[h] } }),
      evaluations: evaluations[h],
    })),
    comparisons,
    validation: 'PublicTest',
    test: 'PrivateTest',
    provenance: {
      seed: 42,
      dataDigest: 'b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184',
      options: {
        backbone: { kind: 'shallow-cnn', inputSize: 48, dropout: 0.5 },
        training: { epochs: 40, batchSize: 64, learningRate: 3e-4, schedule: 'cosine', augment: { flip: true } },
        heads: { 'linear L2-SVM': { C: 1e-3, tolerance: 1e-6 }, 'rbf SVM': { C: 1, gamma: 'scale' } },
      },
      versions: { fer: '0.1.0', '@tensorflow/tfjs-core': '4.22.0', node: '20.20.2' },
      machine: { cores: 2, cpu: 'x86-64', backend: 'wasm' },
    },
  };
}

/** A training that learns and then overfits. */
export function history(epochs: number): EpochRecord[] {
  const random = new Random('history');
  return Array.from({ length: epochs }, (_, e) => {
    const left = Math.exp(-e / 12);
    const noise = () => 0.02 * random.normal();
    return {
      epoch: e + 1,
      loss: 0.75 + 1.05 * left + noise() / 2,
      accuracy: 0.72 - 0.46 * left + noise() / 4,
      validationLoss: 1.08 + 0.62 * Math.exp(-e / 6) + 0.004 * e + noise(),
      validationAccuracy: 0.605 - 0.33 * Math.exp(-e / 6) + noise() / 2,
      learningRate: 3e-4 * 0.5 * (1 + Math.cos((Math.PI * e) / epochs)),
      seconds: 88.5 + 100 * Math.abs(noise()),
    };
  });
}

/** An invented robustness: the stronger, the worse. */
export function robustnessOf(head: number): Robustness {
  const measured = (correct: number) => ({
    correct,
    accuracy: correct / 1000,
    interval: wilsonInterval(correct, 1000),
  });
  const corruptions = CORRUPTIONS.map(({ name, parameter, levels }, c) => {
    const strengths = levels.map((level, s) => ({
      strength: s + 1,
      level,
      ...measured(620 - 10 * head - (c + 3) * 9 * s),
    }));
    return { name, parameter, strengths, meanAccuracy: strengths.reduce((sum, { accuracy }) => sum + accuracy, 0) / 5 };
  });
  const mean = corruptions.reduce((sum, { meanAccuracy }) => sum + meanAccuracy, 0) / corruptions.length;
  return { n: 1000, seed: 1, clean: measured(630 - 10 * head), corruptions, meanCorruptionAccuracy: mean };
}

/** The same report with everything that may be in it, at FER2013's size. */
export async function fullReportInput(): Promise<ReportInput> {
  const input = await reportInput();
  const labels = Uint8Array.from(COUNTS.PrivateTest.flatMap((count, label) => new Array<number>(count).fill(label)));
  const n = labels.length;
  const random = new Random('full');
  const data = Float32Array.from(
    { length: n * 7 },
    (_, at) => 1.2 * random.normal() + (at % 7 === labels[Math.floor(at / 7)] ? 2 : 0),
  );
  const scores = { data, rows: n, columns: 7 };
  const predicted = argmaxRows(scores);
  const images = {
    images: new Uint8Array(n * 2304).map((_, at) => Math.imul(at, 2654435761) >>> 24),
    n,
    height: 48,
    width: 48,
    channels: 1,
  };
  const probabilities = softmaxRows(scores);
  const mistakes = await worstMistakes(
    { actual: labels, predicted, classes: FER2013_CLASSES, probabilities },
    { images },
  );
  const curves = rankingCurves({ actual: labels, scores, classes: FER2013_CLASSES });
  return {
    ...input,
    featureMap: await mapFeatures(scores, { labels, classes: FER2013_CLASSES }),
    heads: input.heads.map((head, h) => ({ ...head, curves, mistakes, robustness: robustnessOf(h) })),
  };
}
