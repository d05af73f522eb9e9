import { checkChoice, type FeatureMatrix, type Json, type JsonObject } from 'fer-core';
import type { Fitted } from './fitted.js';
import { fitIsotonic, type Isotonic, isotonicAt } from './isotonic.js';
import { fitSharedSigmoid } from './sharedSigmoid.js';
import { fitSigmoid, type Sigmoid, sigmoidAt } from './sigmoid.js';
import { fitTemperature } from './temperature.js';
import { fitVectorScaling, type VectorScale } from './vector.js';

const METHODS = ['temperature', 'vector', 'sharedSigmoid', 'sigmoid', 'isotonic'] as const;

/** How scores become probabilities: see `CalibrateOptions`. */
export type CalibrationMethod = (typeof METHODS)[number];

/** Calibration of k classes: one temperature or sigmoid for all classes, or a scale and shift or a function for each. */
export type Calibration =
  | { readonly method: 'temperature'; readonly temperature: number }
  | { readonly method: 'vector'; readonly scales: readonly VectorScale[] }
  | { readonly method: 'sharedSigmoid'; readonly sigmoid: Sigmoid }
  | { readonly method: 'sigmoid'; readonly sigmoids: readonly Sigmoid[] }
  | { readonly method: 'isotonic'; readonly curves: readonly Isotonic[] };

/** @throws FerError `INVALID_ARGUMENT` for an unknown method. */
export function checkMethod(method: CalibrationMethod): void {
  checkChoice('method', method, METHODS);
}

/** Learns a calibration from the scores of rows that the classifier was not trained on. */
export function fitCalibration(
  method: CalibrationMethod,
  scores: FeatureMatrix,
  labels: Uint8Array,
): Fitted<Calibration> {
  if (method === 'temperature') {
    const { model, ...run } = fitTemperature(scores, labels);
    return { model: { method, temperature: model }, ...run };
  }
  if (method === 'vector') {
    const { model, ...run } = fitVectorScaling(scores, labels);
    return { model: { method, scales: model }, ...run };
  }
  if (method === 'sharedSigmoid') {
    const { model, ...run } = fitSharedSigmoid(scores, labels);
    return { model: { method, sigmoid: model }, ...run };
  }
  const { data, rows, columns: k } = scores;
  const each = <T>(fit: (column: Float64Array, positive: (row: number) => boolean) => Fitted<T>): Fitted<T>[] =>
    Array.from({ length: k }, (_, c) =>
      fit(
        Float64Array.from({ length: rows }, (_, i) => data[i * k + c]),
        (row) => labels[row] === c,
      ),
    );
  if (method === 'sigmoid') {
    const fits = each(fitSigmoid);
    return { ...summary(fits), model: { method, sigmoids: fits.map(({ model }) => model) } };
  }
  const fits = each(fitIsotonic);
  return { ...summary(fits), model: { method, curves: fits.map(({ model }) => model) } };
}

function summary(fits: readonly Fitted<unknown>[]): Omit<Fitted<unknown>, 'model'> {
  return {
    iterations: Math.max(...fits.map(({ iterations }) => iterations)),
    converged: fits.every(({ converged }) => converged),
    objective: fits.reduce((sum, { objective }) => sum + objective, 0),
  };
}

/**
 * Returns n × k probabilities, with rows summing to 1. One-vs-rest probabilities are divided by their sum. If all of
 * them are 0, which isotonic calibration allows, every class gets 1 / k, as in scikit-learn.
 */
export function applyCalibration(calibration: Calibration, { data, rows, columns: k }: FeatureMatrix): FeatureMatrix {
  const out = new Float32Array(rows * k);
  const p = new Float64Array(k);
  const keepsOrder = calibration.method === 'temperature' || calibration.method === 'sharedSigmoid';
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * k, (i + 1) * k);
    toProbabilities(calibration, row, p);
    const sum = p.reduce((a, b) => a + b, 0);
    const found = out.subarray(i * k, (i + 1) * k);
    for (let c = 0; c < k; c++) found[c] = sum > 0 ? p[c] / sum : 1 / k;
    if (keepsOrder) keepTop(row, found);
  }
  return { data: out, rows, columns: k };
}

/** Writes the unnormalised probabilities into p. */
function toProbabilities(calibration: Calibration, scores: Float32Array, p: Float64Array): void {
  const k = p.length;
  if (calibration.method === 'temperature') {
    const top = Math.max(...scores);
    for (let c = 0; c < k; c++) p[c] = Math.exp((scores[c] - top) / calibration.temperature);
  } else if (calibration.method === 'vector') {
    for (let c = 0; c < k; c++) p[c] = calibration.scales[c].scale * scores[c] + calibration.scales[c].shift;
    const top = Math.max(...p);
    for (let c = 0; c < k; c++) p[c] = Math.exp(p[c] - top);
  } else if (calibration.method === 'sharedSigmoid') {
    // In logarithms, relative to the largest score, so that small sigmoids don't all underflow to 0.
    const { slope, intercept } = calibration.sigmoid;
    const top = logSigmoid(-(slope * Math.max(...scores) + intercept));
    for (let c = 0; c < k; c++) p[c] = Math.exp(logSigmoid(-(slope * scores[c] + intercept)) - top);
  } else if (calibration.method === 'sigmoid') {
    for (let c = 0; c < k; c++) p[c] = sigmoidAt(calibration.sigmoids[c], scores[c]);
  } else {
    for (let c = 0; c < k; c++) p[c] = isotonicAt(calibration.curves[c], scores[c]);
  }
}

function logSigmoid(u: number): number {
  return Math.min(u, 0) - Math.log1p(Math.exp(-Math.abs(u)));
}

/** If rounding to float32 made a tie with an earlier class, decreases that class by one last bit. */
function keepTop(scores: Float32Array, probabilities: Float32Array): void {
  let top = 0;
  for (let c = 1; c < scores.length; c++) if (scores[c] > scores[top]) top = c;
  for (let c = 0; c < top; c++) {
    if (probabilities[c] >= probabilities[top]) probabilities[c] = probabilities[top] * (1 - 2 ** -23);
  }
}

/**
 * The calibration as `classifier.json` stores it: the temperature, the scale and shift of each class, the slope and
 * intercept of one sigmoid or of one for each class, or the scores and probabilities of each class.
 */
export function calibrationToJson(calibration: Calibration): JsonObject {
  const { method } = calibration;
  if (method === 'temperature') return { method, numbers: [[calibration.temperature]] };
  if (method === 'vector') return { method, numbers: calibration.scales.map((s) => [s.scale, s.shift]) };
  if (method === 'sharedSigmoid') {
    const { slope, intercept } = calibration.sigmoid;
    return { method, numbers: [[slope, intercept]] };
  }
  if (method === 'sigmoid') return { method, numbers: calibration.sigmoids.map((s) => [s.slope, s.intercept]) };
  return { method, numbers: calibration.curves.map((curve) => [...curve.scores, ...curve.probabilities]) };
}

/** The inverse of {@link calibrationToJson} for k classes. Returns `undefined` for anything else. */
export function calibrationFromJson({ method, numbers }: JsonObject, k: number): Calibration | undefined {
  if (!Array.isArray(numbers) || !numbers.every(isNumbers)) return undefined;
  if (method === 'temperature') {
    const [temperature] = numbers[0] ?? [];
    return temperature > 0 ? { method, temperature } : undefined;
  }
  if (method === 'sharedSigmoid') {
    const [slope, intercept] = numbers[0] ?? [];
    return slope < 0 && intercept !== undefined ? { method, sigmoid: { slope, intercept } } : undefined;
  }
  if (numbers.length !== k) return undefined;
  if (method === 'vector' && numbers.every(({ length }) => length === 2)) {
    return { method, scales: numbers.map(([scale, shift]) => ({ scale, shift })) };
  }
  if (method === 'sigmoid' && numbers.every(({ length }) => length === 2)) {
    return { method, sigmoids: numbers.map(([slope, intercept]) => ({ slope, intercept })) };
  }
  if (method === 'isotonic' && numbers.every(({ length }) => length > 0 && length % 2 === 0)) {
    const halves = numbers.map((both) => [both.slice(0, both.length / 2), both.slice(both.length / 2)]);
    return { method, curves: halves.map(([scores, probabilities]) => ({ scores, probabilities })) };
  }
  return undefined;
}

function isNumbers(value: Json): value is number[] {
  return Array.isArray(value) && value.every(Number.isFinite);
}
