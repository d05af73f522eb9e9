import { checkArray, checkLabels, describeValue, FerError, type Labels } from 'fer-core';
import { checkPositive } from '../numbers.js';

/** Weights of the classes: none, inverse to their frequency, or one number each. */
export type ClassWeight = 'balanced' | readonly number[] | undefined;

/**
 * Returns a checked copy, which doesn't change with the array that was given.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function copyClassWeight(given: ClassWeight): ClassWeight {
  if (given === undefined || given === 'balanced') return given;
  if (!Array.isArray(given)) {
    const what = describeValue(given);
    throw new FerError('INVALID_ARGUMENT', `classWeight is ${what}: it must be 'balanced' or an array of numbers.`);
  }
  const weights: number[] = Array.from(given);
  weights.forEach((weight, c) => void checkPositive(`classWeight[${c}]`, weight));
  return weights;
}

/** The class of each row, and its weight. */
export interface RowTargets {
  readonly k: number;
  /** The class of each row. */
  readonly labels: Uint8Array;
  /** If labels are soft: k × n, the distribution of each row over the classes, summing to 1. */
  readonly shares?: Float64Array;
  /** n row weights. */
  readonly weights: Float64Array;
}

/**
 * The targets of one-vs-rest problems. In the problem of class c, the share of a row that belongs to the class has
 * weight · own[c] for scores below 1, and the remaining share has weight · rest[c] for scores above −1.
 */
export interface Targets extends RowTargets {
  readonly own: Float64Array;
  readonly rest: Float64Array;
}

/** The share of a row that belongs to a class: 1 or 0, or a fraction if labels are soft. */
export function shareOf(
  { labels, shares }: Pick<RowTargets, 'labels' | 'shares'>,
  n: number,
  row: number,
  c: number,
): number {
  if (shares) return shares[c * n + row];
  return labels[row] === c ? 1 : 0;
}

/** The options that decide the weight of each row. */
export interface Weighting {
  readonly C: number;
  readonly classWeight: ClassWeight;
  readonly sampleWeight?: ArrayLike<number>;
}

/**
 * Weights as in scikit-learn's LogisticRegression: C · sampleWeight · (weight of the row's class).
 *
 * @throws FerError `INVALID_DATA`, `INVALID_ARGUMENT`.
 */
export function rowTargets(y: Labels, n: number, weighting: Weighting): RowTargets {
  const { classWeights, ...targets } = read(y, n, weighting);
  const { k, weights } = targets;
  for (let i = 0; i < n; i++) {
    let weight = 0;
    for (let c = 0; c < k; c++) weight += shareOf(targets, n, i, c) * classWeights[c];
    weights[i] *= weight;
  }
  return targets;
}

/**
 * Weights as in scikit-learn's LinearSVC: in the problem of a class, its own rows have C times the weight of the class,
 * and all other rows have C. Two classes share one problem, in which each weight applies to the rows of its class.
 *
 * @throws FerError `INVALID_DATA`, `INVALID_ARGUMENT`.
 */
export function oneVsRestTargets(y: Labels, n: number, weighting: Weighting): Targets {
  const { classWeights, ...targets } = read(y, n, weighting);
  const rest = classWeights.map((_, c) => (targets.k === 2 ? classWeights[1 - c] : 1));
  return { ...targets, own: classWeights, rest };
}

function read(y: Labels, n: number, { C, classWeight, sampleWeight }: Weighting) {
  checkLabels(y, n);
  const k = y.classes.length;
  if (k < 2) throw new FerError('INVALID_DATA', `one class, [${y.classes.join()}]: give two or more to tell apart.`);
  const { labels } = y;
  const shares = y.soft && distributions(y.soft, k, n);
  const samples = sampleWeights(sampleWeight, n);
  const mass = new Float64Array(k);
  const weighted = new Float64Array(k);
  for (let i = 0; i < n; i++) {
    if (!shares) {
      mass[labels[i]]++;
      weighted[labels[i]] += samples[i];
      continue;
    }
    for (let c = 0; c < k; c++) {
      mass[c] += shares[c * n + i];
      weighted[c] += shares[c * n + i] * samples[i];
    }
  }
  for (let c = 0; c < k; c++) {
    if (weighted[c] > 0) continue;
    const why = mass[c] > 0 ? 'only rows of weight 0' : 'no rows';
    throw new FerError('INVALID_DATA', `class "${y.classes[c]}" has ${why}: add some, or leave the class out.`);
  }
  const classWeights = resolveClassWeight(classWeight, mass, n);
  for (let i = 0; i < n; i++) samples[i] *= C;
  return { k, labels, shares, classWeights, weights: samples };
}

/** k × n, each row's shares summing to 1. */
function distributions(soft: Float32Array, k: number, n: number): Float64Array {
  const shares = new Float64Array(k * n);
  for (let i = 0; i < n; i++) {
    const sum = soft.subarray(i * k, (i + 1) * k).reduce((a, b) => a + b, 0);
    for (let c = 0; c < k; c++) shares[c * n + i] = soft[i * k + c] / sum;
  }
  return shares;
}

function sampleWeights(given: ArrayLike<number> | undefined, n: number): Float64Array {
  if (given === undefined) return new Float64Array(n).fill(1);
  checkArray('sample weights', given);
  if (given.length !== n) {
    throw new FerError('INVALID_DATA', `${given.length} sample weights for ${n} rows: give one per row.`);
  }
  return Float64Array.from(given, (weight, i) => {
    if (weight >= 0 && Number.isFinite(weight)) return weight;
    throw new FerError(
      'INVALID_DATA',
      `sample weight is ${describeValue(weight)}: it must be a finite number from 0.`,
      {
        row: i + 1,
      },
    );
  });
}

/** 'balanced' is n / (k · rows of the class), as in scikit-learn. It ignores sample weights. */
function resolveClassWeight(given: ClassWeight, mass: Float64Array, n: number): Float64Array {
  const k = mass.length;
  if (given === undefined) return new Float64Array(k).fill(1);
  if (given === 'balanced') return mass.map((rows) => n / (k * rows));
  if (given.length !== k) {
    throw new FerError('INVALID_ARGUMENT', `${given.length} class weights for ${k} classes: give one per class.`);
  }
  return Float64Array.from(given);
}
