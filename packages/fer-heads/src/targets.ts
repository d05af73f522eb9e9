import { checkLabels, FerError, type Labels } from 'fer-core';

/** Weights of the classes: none, inverse to their frequency, or one number each. */
export type ClassWeight = 'balanced' | readonly number[] | undefined;

/** The two penalties of every row in every one-vs-rest problem, each k × n. */
export interface Targets {
  readonly k: number;
  /** What a score below 1 costs. */
  readonly positive: Float64Array;
  /** What a score above −1 costs. */
  readonly negative: Float64Array;
}

/** A weight a row (n) and a distribution over the classes (k × n). */
export interface RowTargets {
  readonly k: number;
  readonly weights: Float64Array;
  readonly targets: Float64Array;
}

/** What decides how much a row counts. */
export interface Weighting {
  readonly C: number;
  readonly classWeight: ClassWeight;
  readonly sampleWeight?: ArrayLike<number>;
}

/**
 * scikit-learn's LogisticRegression: a row counts C · sampleWeight · (weight of its class).
 *
 * @throws FerError `INVALID_DATA`, `INVALID_ARGUMENT`.
 */
export function rowTargets(y: Labels, n: number, weighting: Weighting): RowTargets {
  const { k, weights, targets, classWeights } = read(y, n, weighting);
  for (let i = 0; i < n; i++) {
    let weight = 0;
    for (let c = 0; c < k; c++) weight += targets[c * n + i] * classWeights[c];
    weights[i] *= weight;
  }
  return { k, weights, targets };
}

/**
 * scikit-learn's LinearSVC: a class's weight counts for its own rows in its own problem; the rest count C there. Of
 * two classes, whose problems are one, each weight counts for its class's rows.
 *
 * @throws FerError `INVALID_DATA`, `INVALID_ARGUMENT`.
 */
export function oneVsRestTargets(y: Labels, n: number, weighting: Weighting): Targets {
  const { k, weights, targets, classWeights } = read(y, n, weighting);
  const positive = new Float64Array(k * n);
  const negative = new Float64Array(k * n);
  for (let c = 0; c < k; c++) {
    const rest = k === 2 ? classWeights[1 - c] : 1;
    for (let i = 0; i < n; i++) {
      const share = targets[c * n + i];
      positive[c * n + i] = weights[i] * classWeights[c] * share;
      negative[c * n + i] = weights[i] * rest * (1 - share);
    }
  }
  return { k, positive, negative };
}

function read(y: Labels, n: number, { C, classWeight, sampleWeight }: Weighting) {
  checkLabels(y, n);
  const k = y.classes.length;
  if (k < 2) throw new FerError('INVALID_DATA', `one class, [${y.classes.join()}]: give two or more to tell apart.`);
  const targets = distributions(y, n);
  const samples = sampleWeights(sampleWeight, n);
  const mass = new Float64Array(k);
  const weighted = new Float64Array(k);
  for (let c = 0; c < k; c++) {
    for (let i = 0; i < n; i++) {
      mass[c] += targets[c * n + i];
      weighted[c] += targets[c * n + i] * samples[i];
    }
    if (!(weighted[c] > 0)) {
      const why = mass[c] > 0 ? 'only rows of weight 0' : 'no rows';
      throw new FerError('INVALID_DATA', `class "${y.classes[c]}" has ${why}: add some, or leave the class out.`);
    }
  }
  const classWeights = resolveClassWeight(classWeight, mass, n);
  return { k, targets, classWeights, weights: samples.map((weight) => C * weight) };
}

/** k × n, each row's shares summing to 1. */
function distributions({ labels, classes, soft }: Labels, n: number): Float64Array {
  const k = classes.length;
  const targets = new Float64Array(k * n);
  for (let i = 0; i < n; i++) {
    if (!soft) {
      targets[labels[i] * n + i] = 1;
      continue;
    }
    const sum = soft.subarray(i * k, (i + 1) * k).reduce((a, b) => a + b, 0);
    for (let c = 0; c < k; c++) targets[c * n + i] = soft[i * k + c] / sum;
  }
  return targets;
}

function sampleWeights(given: ArrayLike<number> | undefined, n: number): Float64Array {
  if (!given) return new Float64Array(n).fill(1);
  if (given.length !== n) {
    throw new FerError('INVALID_DATA', `${given.length} sample weights for ${n} rows: give one a row.`);
  }
  return Float64Array.from(given, (weight, i) => {
    if (weight >= 0 && Number.isFinite(weight)) return weight;
    throw new FerError('INVALID_DATA', `sample weight is ${weight}: it must be a finite number from 0.`, {
      row: i + 1,
    });
  });
}

/** "balanced" is n / (k · rows of the class), as in scikit-learn: it ignores sample weights. */
function resolveClassWeight(given: ClassWeight, mass: Float64Array, n: number): Float64Array {
  const k = mass.length;
  if (given === undefined) return new Float64Array(k).fill(1);
  if (given === 'balanced') return mass.map((rows) => n / (k * rows));
  if (given.length !== k) {
    throw new FerError('INVALID_ARGUMENT', `${given.length} class weights for ${k} classes: give one a class.`);
  }
  return Float64Array.from(given);
}
