import type { FeatureMatrix, Labels } from 'fer-core';
import { Matrix, solve } from 'ml-matrix';

/** Where the value of a linear head is least, by an exact method. */
export interface Optimum {
  /** d × k. */
  readonly weights: number[][];
  readonly value: number;
  /** The least value of a model that ignores the features. */
  readonly constant: number;
}

interface Problem {
  readonly loss: 'squaredHinge' | 'crossEntropy';
  readonly bias: 'regularised' | 'free' | 'none';
  readonly C: number;
}

/**
 * Newton's method with the whole Hessian, factored, in float64, on columns that are centred and of one size, where all
 * penalties and losses are written out for them: the reference that truncated Newton steps are held against.
 */
export function optimum({ loss, bias, C }: Problem, { data, rows: n, columns: d }: FeatureMatrix, y: Labels): Optimum {
  const k = y.classes.length;
  const mean = Array.from({ length: d }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += data[i * d + j] / n;
    return bias === 'none' ? 0 : sum;
  });
  let square = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) square += (data[i * d + j] - mean[j]) ** 2;
  const size = Math.sqrt(square / (n * d));
  /** n × (d + 1) of centred columns of size about 1, the last for the bias. */
  const width = bias === 'none' ? d : d + 1;
  const z = Matrix.zeros(n, width);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) z.set(i, j, (data[i * d + j] - mean[j]) / size);
    if (bias !== 'none') z.set(i, d, 1);
  }
  // ½ ‖R u‖² of one class: w = u / size, and the bias of the features as they are is u_d − Σ mean w. As rows, so that
  // nothing cancels in a sum of squares.
  const penalty = Matrix.zeros(bias === 'regularised' ? width : d, width);
  for (let j = 0; j < d; j++) penalty.set(j, j, 1 / size);
  if (bias === 'regularised') penalty.setRow(d, [...mean.map((value) => -value / size), 1]);
  const one = loss === 'squaredHinge' ? hinge : entropy;
  const groups = loss === 'squaredHinge' ? y.classes.map((_, c) => [c]) : [y.classes.map((_, c) => c)];
  const weights = Array.from({ length: d }, () => new Array<number>(k).fill(0));
  let value = 0;
  let constant = 0;
  for (const group of groups) {
    const found = newton(one(group, y, C), z, penalty, group.length, bias === 'free');
    value += found.value;
    const ones = z.subMatrix(0, n - 1, width - 1, width - 1);
    constant +=
      bias === 'none'
        ? valueOfZeros(one(group, y, C), n, group.length)
        : newton(one(group, y, C), ones, Matrix.eye(1).mul(bias === 'free' ? 0 : 1), group.length, true).value;
    group.forEach((c, g) => {
      for (let j = 0; j < d; j++) weights[j][c] = found.u.get(g * width + j, 0) / size;
    });
  }
  return { weights, value, constant };
}

/** The loss of one row's scores, its gradient and its Hessian. */
type RowLoss = (scores: number[], row: number) => { value: number; gradient: number[]; hessian: number[][] };

function hinge([c]: number[], { labels }: Labels, C: number): RowLoss {
  return ([score], row) => {
    const sign = labels[row] === c ? 1 : -1;
    const slack = Math.max(0, 1 - sign * score);
    return { value: C * slack ** 2, gradient: [-2 * C * sign * slack], hessian: [[slack > 0 ? 2 * C : 0]] };
  };
}

function entropy(_: number[], { labels }: Labels, C: number): RowLoss {
  return (scores, row) => {
    const top = Math.max(...scores);
    const e = scores.map((score) => Math.exp(score - top));
    const sum = e.reduce((a, b) => a + b);
    const p = e.map((value) => value / sum);
    const label = labels[row];
    return {
      value: C * (Math.log(sum) + top - scores[label]),
      gradient: p.map((value, c) => C * (value - Number(c === label))),
      hessian: p.map((a, c) => p.map((b, l) => C * ((c === l ? a : 0) - a * b))),
    };
  };
}

function valueOfZeros(loss: RowLoss, n: number, count: number): number {
  let value = 0;
  for (let i = 0; i < n; i++) value += loss(new Array<number>(count).fill(0), i).value;
  return value;
}

function newton(loss: RowLoss, z: Matrix, penalty: Matrix, count: number, gauge: boolean) {
  const [n, width] = [z.rows, z.columns];
  const total = count * width;
  const square = penalty.transpose().mmul(penalty);
  const at = (u: Matrix) => {
    let value = 0;
    const gradient = Matrix.zeros(total, 1);
    const hessian = Matrix.zeros(total, total);
    for (let i = 0; i < n; i++) {
      const row = z.getRow(i);
      const scores = Array.from({ length: count }, (_, c) =>
        row.reduce((sum, v, j) => sum + v * u.get(c * width + j, 0), 0),
      );
      const found = loss(scores, i);
      value += found.value;
      for (let c = 0; c < count; c++) {
        for (let j = 0; j < width; j++) {
          const r = c * width + j;
          gradient.set(r, 0, gradient.get(r, 0) + found.gradient[c] * row[j]);
          for (let l = 0; l < count; l++) {
            const weight = found.hessian[c][l] * row[j];
            if (weight === 0) continue;
            for (let m = 0; m < width; m++)
              hessian.set(r, l * width + m, hessian.get(r, l * width + m) + weight * row[m]);
          }
        }
      }
    }
    for (let c = 0; c < count; c++) {
      const part = u.subMatrix(c * width, (c + 1) * width - 1, 0, 0);
      const rows = penalty.mmul(part);
      value += rows.dot(rows) / 2;
      const pull = penalty.transpose().mmul(rows);
      for (let j = 0; j < width; j++) {
        gradient.set(c * width + j, 0, gradient.get(c * width + j, 0) + pull.get(j, 0));
        for (let m = 0; m < width; m++) {
          const [r, s] = [c * width + j, c * width + m];
          hessian.set(r, s, hessian.get(r, s) + square.get(j, m));
        }
      }
    }
    return { value, gradient, hessian };
  };
  let u = Matrix.zeros(total, 1);
  let here = at(u);
  for (let iteration = 0; iteration < 200; iteration++) {
    // Scaled to a diagonal of 1. Biases that are free together, or that no row holds, are held by a little.
    const root = Array.from({ length: total }, (_, r) => Math.sqrt(here.hessian.get(r, r)) || 1);
    const hessian = Matrix.zeros(total, total);
    for (let r = 0; r < total; r++) {
      for (let s = 0; s < total; s++) hessian.set(r, s, here.hessian.get(r, s) / (root[r] * root[s]));
      hessian.set(r, r, hessian.get(r, r) === 0 ? 1 : 1 + (gauge ? 1e-10 : 1e-14));
    }
    const right = Matrix.columnVector(root.map((scale, r) => -here.gradient.get(r, 0) / scale));
    const step = Matrix.columnVector(
      solve(hessian, right)
        .to1DArray()
        .map((v, r) => v / root[r]),
    );
    let length = 1;
    let next = at(Matrix.add(u, step));
    while (next.value > here.value * (1 + 1e-15) && length > 1e-9) {
      length /= 2;
      next = at(Matrix.add(u, Matrix.mul(step, length)));
    }
    u = Matrix.add(u, Matrix.mul(step, length));
    here = next;
    if (step.norm() <= 1e-13 * u.norm()) break;
  }
  return { u, value: here.value };
}
