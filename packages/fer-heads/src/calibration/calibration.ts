import type { FeatureMatrix, Json, JsonObject } from 'fer-core';
import type { Fitted } from './fitted.js';
import { fitIsotonic, type Isotonic, isotonicAt } from './isotonic.js';
import { fitSigmoid, type Sigmoid, sigmoidAt } from './sigmoid.js';
import { fitTemperature } from './temperature.js';

/** How scores become probabilities. */
export type CalibrationMethod = 'temperature' | 'sigmoid' | 'isotonic';

/** Calibration of k classes: one temperature, or a function a class. */
export type Calibration =
  | { readonly method: 'temperature'; readonly temperature: number }
  | { readonly method: 'sigmoid'; readonly sigmoids: readonly Sigmoid[] }
  | { readonly method: 'isotonic'; readonly curves: readonly Isotonic[] };

/** Learns a calibration from the scores of rows that the classifier has not learned from. */
export function fitCalibration(
  method: CalibrationMethod,
  scores: FeatureMatrix,
  labels: Uint8Array,
): Fitted<Calibration> {
  if (method === 'temperature') {
    const { model, ...run } = fitTemperature(scores, labels);
    return { model: { method, temperature: model }, ...run };
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
 * n × k probabilities, rows summing to 1. One-vs-rest ones are divided by their sum; where all of them are 0, which
 * isotonic ones can be, every class gets 1 / k, as in scikit-learn.
 */
export function applyCalibration(calibration: Calibration, { data, rows, columns: k }: FeatureMatrix): FeatureMatrix {
  const out = new Float32Array(rows * k);
  const p = new Float64Array(k);
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * k, (i + 1) * k);
    if (calibration.method === 'temperature') {
      const top = Math.max(...row);
      for (let c = 0; c < k; c++) p[c] = Math.exp((row[c] - top) / calibration.temperature);
    } else if (calibration.method === 'sigmoid') {
      for (let c = 0; c < k; c++) p[c] = sigmoidAt(calibration.sigmoids[c], row[c]);
    } else {
      for (let c = 0; c < k; c++) p[c] = isotonicAt(calibration.curves[c], row[c]);
    }
    const sum = p.reduce((a, b) => a + b, 0);
    for (let c = 0; c < k; c++) out[i * k + c] = sum > 0 ? p[c] / sum : 1 / k;
  }
  return { data: out, rows, columns: k };
}

/** As `classifier.json` keeps it: the temperature, or a class a slope and an intercept, or its scores and probabilities. */
export function calibrationToJson(calibration: Calibration): JsonObject {
  const { method } = calibration;
  if (method === 'temperature') return { method, numbers: [[calibration.temperature]] };
  if (method === 'sigmoid') return { method, numbers: calibration.sigmoids.map((s) => [s.slope, s.intercept]) };
  return { method, numbers: calibration.curves.map((curve) => [...curve.scores, ...curve.probabilities]) };
}

/** The inverse of {@link calibrationToJson} for k classes; undefined where it is anything else. */
export function calibrationFromJson({ method, numbers }: JsonObject, k: number): Calibration | undefined {
  if (!Array.isArray(numbers) || !numbers.every(isNumbers)) return undefined;
  if (method === 'temperature') {
    const [temperature] = numbers[0] ?? [];
    return temperature > 0 ? { method, temperature } : undefined;
  }
  if (numbers.length !== k) return undefined;
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
