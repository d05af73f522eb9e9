import { FER2013_CLASSES } from 'fer-core';
import type { ScoreMatrix } from '../src/metrics/predictions.js';

export interface Case {
  readonly actual: Uint8Array;
  readonly predicted: Uint8Array;
  readonly classes: readonly string[];
  readonly scores: ScoreMatrix;
  readonly probabilities: ScoreMatrix;
}

/** The data of reference/metrics.py, step by step the same. `levels` > 0 rounds the scores, which makes ties. */
export function makeCase(n: number, k: number, seed: number, levels: number): Case {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const actual = new Uint8Array(n);
  const predicted = new Uint8Array(n);
  const scores = new Float64Array(n * k);
  const probabilities = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    actual[i] = Math.floor(next() ** 1.5 * k);
    let total = 0;
    for (let j = 0; j < k; j++) {
      const score = next() * 2 + (j === actual[i] ? 1 : 0);
      scores[i * k + j] = levels > 0 ? Math.floor(score * levels) / levels : score;
      probabilities[i * k + j] = scores[i * k + j] * scores[i * k + j] * scores[i * k + j] + 0.1;
      total += probabilities[i * k + j];
      if (scores[i * k + j] > scores[i * k + predicted[i]]) predicted[i] = j;
    }
    for (let j = 0; j < k; j++) probabilities[i * k + j] /= total;
  }
  return {
    actual,
    predicted,
    classes: FER2013_CLASSES.slice(0, k),
    scores: { data: scores, rows: n, columns: k },
    probabilities: { data: probabilities, rows: n, columns: k },
  };
}

/** Asserts |a − b| ≤ 1e-12 for numbers, and the same all the way down for arrays. */
export function expectClose(actual: unknown, expected: unknown, path = 'value'): void {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      throw new Error(`${path}: ${JSON.stringify(actual)} against ${JSON.stringify(expected)}`);
    }
    for (const [i, value] of expected.entries()) expectClose(actual[i], value, `${path}[${i}]`);
  } else if (typeof expected === 'number') {
    if (!(typeof actual === 'number' && Math.abs(actual - expected) <= 1e-12)) {
      throw new Error(`${path}: ${actual} against ${expected}`);
    }
  } else if (actual !== expected) throw new Error(`${path}: ${actual} against ${expected}`);
}
