import type { FeatureMatrix } from 'fer-core';
import type { Preconditioner } from '../newton/preconditioner.js';
import type { Gram } from '../products/gram.js';
import { columnHessian } from './columnHessian.js';
import { dampedDiagonal } from './dampedDiagonal.js';
import type { Frame } from './frame.js';
import { rowHessian } from './rowHessian.js';

/** Writes a number for each row. A function that returned them one by one would leave each in memory for a while. */
export type WriteWeights = (out: Float32Array) => void;

/** The rows in memory from which preconditioners are made: all rows, or a sample. */
export interface Sample {
  readonly x: FeatureMatrix;
  /** The indices of the rows, if they are a sample. */
  readonly rows?: ArrayLike<number>;
  /** The Gram matrix of x, if factoring the whole Hessian pays. */
  readonly gram?: Gram;
}

/** Options of a preconditioner. */
export interface HessianOptions {
  /**
   * Writes the mean of D over all problems. If it is given, the first whole Hessian is made from it, once for all slots.
   */
  readonly common?: WriteWeights;
  /**
   * The most products that a Hessian of few rows may cost, where it is inverted through their products.
   *
   * @default no limit
   */
  readonly mostProducts?: number;
}

/** What a design adds to its frame. */
interface Terms {
  /** The values subtracted from the columns. */
  readonly mean: Float64Array;
  /** The constant column, or 0 if there is none. */
  readonly constant: number;
  /** Whether the constant's weight is regularised. */
  readonly regularised: boolean;
  /** How a regularised bias is coupled with the weights: see `Design`. */
  readonly coupling: Float64Array | undefined;
}

/**
 * How many rows a preconditioner is made from. `diagonal`: for a diagonal that is kept; `few`: for a diagonal that the
 * whole Hessian replaces after the first step; `whole`: for the first whole Hessian; `common`: for one that all slots
 * share; `mostFew`: the most few rows that are inverted through their products.
 */
const SAMPLE = { diagonal: 512, few: 128, whole: 768, common: 1536, mostFew: 3072 };

/** The least number of products that a Hessian is used for. */
const MANY = 12;

/** Rows are few, and inverted through their products, if there are this many times as many columns. */
const FEW = 1.5;

function isFew(rows: number, { columns }: Gram): boolean {
  return FEW * rows <= columns.length;
}

/**
 * About as many products of all rows as it costs to copy, multiply and factor few rows. The constants are nanoseconds
 * of one core; a product takes 1.75 for each value that is not zero.
 */
function rowCost(rows: number, { x, values, overlap }: Gram): number {
  const time = 20 * rows * x.columns + rows * rows * (0.6 * overlap + 1.5) + 0.025 * rows ** 3;
  return Math.max(MANY, time / (1.75 * values));
}

/** The same for the Hessian of the columns, which costs little more per product up to about 2,048 of them. */
function columnCost(rows: number, { columns }: Gram): number {
  return (MANY + rows / 128) * Math.max(1, (columns.length / 2048) ** 2);
}

/**
 * Returns the function `precondition` of a design.
 *
 * @param n - The number of all rows.
 */
export function makePreconditioners(
  { x, rows: known, gram }: Sample,
  n: number,
  { mean: centre, scale, standardised }: Frame,
  { mean, constant, regularised, coupling }: Terms,
): (slot: number, write: WriteWeights, options?: HessianOptions) => Preconditioner {
  const d = x.columns;
  const size = constant === 0 ? d : d + 1;
  const coupled = coupling?.some((value) => value !== 0) ?? false;
  /** How many rows the next preconditioner of each slot is made from. */
  const taken: number[] = [];
  /** For how many products each slot has waited for a Hessian of more rows. */
  const waited: number[] = [];
  let room: Float32Array | undefined;
  let shared: Preconditioner | undefined;

  function diagonal({ rows, weights }: SampledRows): Preconditioner {
    const squares = new Float64Array(size);
    let total = 0;
    for (let t = 0; t < rows.length; t++) {
      addSquares(x.data, rows[t] * d, centre, scale, weights[t], squares);
      total += weights[t];
    }
    for (let j = 0; j < d; j++) squares[j] += 1;
    if (constant !== 0) squares[d] = constant * constant * total + (regularised && !coupling ? 1 : 0);
    if (coupling) {
      const vector = new Float64Array(size);
      for (let j = 0; j < d; j++) vector[j] = -coupling[j];
      vector[d] = 1;
      return dampedDiagonal(squares, d, { vector, weight: 1 });
    }
    if (constant === 0 && !standardised) return dampedDiagonal(squares, d, { vector: centre, weight: total });
    return dampedDiagonal(squares, regularised ? size : d);
  }

  function hessian(
    gram: Gram,
    { rows, weights }: SampledRows,
    slot: number | 'common',
    mostProducts: number,
  ): Preconditioner | undefined {
    const columns = { mean, scale, constant, regularised: regularised ? size : d };
    const cost = rowCost(rows.length, gram);
    const few = isFew(rows.length, gram) && cost <= mostProducts;
    const found = (few ? rowHessian : columnHessian)(gram, rows, weights, columns, slot);
    return found && { ...found, lifetime: few ? cost : columnCost(rows.length, gram) };
  }

  /** For how many products a diagonal is kept at first: until a Hessian pays. */
  function patience(gram: Gram, mostProducts: number): number {
    const rows = Math.min(SAMPLE.whole, n);
    const cost = rowCost(rows, gram);
    return isFew(rows, gram) && cost <= mostProducts ? 1 + cost - MANY : 1;
  }

  /** How many rows the next Hessian of a slot is made from, given how many the last one was. */
  function nextSize(rows: number, slot: number, gram: Gram): number {
    if (!isFew(rows, gram)) return 2 * rows;
    if (isFew(2 * rows, gram)) return Math.min(2 * rows, SAMPLE.mostFew);
    // Twice as many rows are no longer few. Their Hessian pays after as many products as it costs.
    waited[slot] = (waited[slot] ?? 0) + rowCost(rows, gram);
    return waited[slot] < columnCost(2 * rows, gram) ? rows : 2 * rows;
  }

  return (slot, write, { common, mostProducts = Number.POSITIVE_INFINITY } = {}) => {
    room ??= new Float32Array(n);
    const weights = room;
    const sampled = (of: WriteWeights, most: number) => {
      of(weights);
      return sampleRows(known ? Float32Array.from(known, (row) => weights[row]) : weights, most, n / x.rows);
    };
    if (!gram) return diagonal(sampled(write, SAMPLE.diagonal));
    // A Hessian with a coupling term is not factored. At the first point, far from the solution, a diagonal is enough.
    if (coupled || taken[slot] === undefined) {
      taken[slot] = SAMPLE.whole;
      return { ...diagonal(sampled(write, SAMPLE.few)), lifetime: coupled ? 1 : patience(gram, mostProducts) };
    }
    if (common && taken[slot] === SAMPLE.whole) {
      taken[slot] = 2 * SAMPLE.whole;
      shared ??= hessian(gram, sampled(common, SAMPLE.common), 'common', mostProducts);
      if (shared) return shared;
    }
    const rows = sampled(write, taken[slot]);
    taken[slot] = nextSize(taken[slot], slot, gram);
    return hessian(gram, rows, slot, mostProducts) ?? diagonal(rows);
  };
}

/** Adds weight · a² of the columns of a row; for most features a is 0. */
function addSquares(
  x: Float32Array,
  at: number,
  centre: Float64Array,
  scale: Float64Array,
  weight: number,
  squares: Float64Array,
): void {
  for (let j = 0; j < centre.length; j++) {
    if (x[at + j] === centre[j]) continue;
    const a = (x[at + j] - centre[j]) / scale[j];
    squares[j] += weight * a * a;
  }
}

interface SampledRows {
  readonly rows: Uint32Array;
  readonly weights: Float64Array;
}

/**
 * Samples at most `most` evenly spaced rows among those with a nonzero weight, in order. Scales the weights so that
 * they sum to those of all rows, times `factor`.
 */
function sampleRows(weights: Float32Array, most: number, factor: number): SampledRows {
  let count = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) count++;
  const taken = Math.min(count, most);
  const sampled = { rows: new Uint32Array(taken), weights: new Float64Array(taken) };
  for (let i = 0, seen = -1, t = 0; t < taken; i++) {
    if (weights[i] !== 0) seen++;
    if (seen < Math.floor((t * count) / taken)) continue;
    sampled.rows[t] = i;
    sampled.weights[t++] = (weights[i] * count * factor) / taken;
  }
  return sampled;
}
