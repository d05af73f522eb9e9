import { bytesToFloat32, innerPart, partFile } from 'fer-core';
import type { GraphBuilder, Name } from '../../model/graphBuilder.js';
import { DOUBLE, FLOAT } from '../../model/schema.js';
import type { Features } from '../backbone.js';
import { checkColumns, type ExportHead, float64s } from './scored.js';

/** The rows of features that a kernel compares inputs with. */
interface Vectors {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** `nystroem`: the inner head applied to φ = L⁻¹ k(x), where K = L Lᵀ is the kernel among the landmarks. */
export const nystroem: ExportHead = async (graph, part, features, exportInner) => {
  const { width, rows, columns } = part.config as Readonly<Record<string, number>>;
  checkColumns(part.kind, columns, features);
  const landmarks = { data: bytesToFloat32(partFile(part, 'landmarks.f32'), rows * columns), rows, columns };
  const inverse = transposedInverse(choleskyOf(landmarks, width), rows);
  const path = 'nystroem';
  const values = kernel(graph, path, features, landmarks, width);
  const mapped = graph.node(path, 'MatMul', [values, graph.doubles(`${path}/map`, [rows, rows], inverse)]);
  const name = graph.node(path, 'Cast', [mapped], { to: FLOAT });
  return exportInner(innerPart(part, part.config.head, 'head'), { name, columns: rows });
};

/** `rbfSVM`: one machine per pair of classes. They vote, and ties are broken by the sums of their scores. */
export const rbfSVM: ExportHead = async (graph, part, features) => {
  const { classes, gamma, columns, counts } = part.config as {
    readonly classes: readonly string[];
    readonly gamma: number;
    readonly columns: number;
    readonly counts: readonly number[];
  };
  checkColumns(part.kind, columns, features);
  const k = classes.length;
  const s = counts.reduce((a, b) => a + b, 0);
  const vectors = { data: bytesToFloat32(partFile(part, 'vectors.f32'), s * columns), rows: s, columns };
  const numbers = float64s(partFile(part, 'coefficients.f64'));
  const pairs = pairsOf(k);
  const path = 'rbf';
  const weights = pairWeights(pairs, counts, numbers.subarray(0, (k - 1) * s));
  const product = graph.node(path, 'MatMul', [
    kernel(graph, path, features, vectors, gamma),
    graph.doubles(`${path}/coefficients`, [s, pairs.length], weights),
  ]);
  const biases = graph.doubles(`${path}/biases`, [pairs.length], numbers.subarray((k - 1) * s));
  const scores = graph.node(path, 'Add', [product, biases]);
  return { scores: graph.node(path, 'Cast', [votesOf(graph, path, scores, pairs, k)], { to: FLOAT }), classes };
};

/**
 * exp(−γ‖x − z‖²) of each row x with each vector z: [batch, vectors], float64 as in fer-heads, since ‖x − z‖² is a small
 * difference of large numbers.
 */
function kernel(graph: GraphBuilder, path: string, { name }: Features, vectors: Vectors, gamma: number): Name {
  const { data, rows, columns } = vectors;
  const x = graph.node(path, 'Cast', [name], { to: DOUBLE });
  const transposed = new Float64Array(data.length);
  const squares = new Float64Array(rows);
  for (let t = 0; t < rows; t++) {
    for (let j = 0; j < columns; j++) {
      const value = data[t * columns + j];
      transposed[j * rows + t] = -2 * value;
      squares[t] += value * value;
    }
  }
  const square = graph.node(path, 'ReduceSum', [graph.node(path, 'Mul', [x, x]), graph.integers('axis', [1])], {
    keepdims: 1,
  });
  const product = graph.node(path, 'MatMul', [x, graph.doubles(`${path}/vectors`, [columns, rows], transposed)]);
  const sum = graph.node(path, 'Add', [product, graph.doubles(`${path}/squares`, [rows], squares)]);
  const distance = graph.node(path, 'Max', [
    graph.node(path, 'Add', [sum, square]),
    graph.doubles(`${path}/zero`, [], [0]),
  ]);
  return graph.node(path, 'Exp', [graph.node(path, 'Mul', [distance, graph.doubles(`${path}/gamma`, [], [-gamma])])]);
}

/** The lower triangle L, row-major, of the kernel among the rows in pivot order. */
function choleskyOf({ data, rows: m, columns: d }: Vectors, gamma: number): Float64Array {
  const lower = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      let distance = 0;
      for (let c = 0; c < d; c++) distance += (data[i * d + c] - data[j * d + c]) ** 2;
      let rest = Math.exp(-gamma * distance);
      for (let t = 0; t < j; t++) rest -= lower[i * m + t] * lower[j * m + t];
      lower[i * m + j] = i === j ? Math.sqrt(rest) : rest / lower[j * m + j];
    }
  }
  return lower;
}

/** L⁻ᵀ, row-major: k · L⁻ᵀ is L⁻¹ k as a row. */
function transposedInverse(lower: Float64Array, m: number): Float64Array {
  const out = new Float64Array(m * m);
  for (let column = 0; column < m; column++) {
    // Forward substitution for one column of L⁻¹, which is a row of the result.
    const x = out.subarray(column * m, (column + 1) * m);
    x[column] = 1 / lower[column * m + column];
    for (let i = column + 1; i < m; i++) {
      let sum = 0;
      for (let t = column; t < i; t++) sum -= lower[i * m + t] * x[t];
      x[i] = sum / lower[i * m + i];
    }
  }
  return out;
}

type Pair = readonly [first: number, second: number];

function pairsOf(k: number): readonly Pair[] {
  const classes = Array.from({ length: k }, (_, c) => c);
  return classes.flatMap((a) => classes.slice(a + 1).map((b) => [a, b] as const));
}

/** libsvm's coefficients, (classes − 1) × vectors, as a matrix [vectors, pairs]. */
function pairWeights(pairs: readonly Pair[], counts: readonly number[], coefficients: Float64Array): Float64Array {
  const s = counts.reduce((a, b) => a + b, 0);
  const weights = new Float64Array(s * pairs.length);
  let from = 0;
  for (const [c, count] of counts.entries()) {
    for (const [p, [a, b]] of pairs.entries()) {
      if (c !== a && c !== b) continue;
      const other = c === a ? b : a;
      const row = other < c ? other : other - 1;
      for (let t = from; t < from + count; t++) weights[t * pairs.length + p] = coefficients[row * s + t];
    }
    from += count;
  }
  return weights;
}

/** votes + confidence / (3 (|confidence| + 1)), as scikit-learn's `decision_function_shape='ovr'`. */
function votesOf(graph: GraphBuilder, path: string, scores: Name, pairs: readonly Pair[], k: number): Name {
  const signs = new Float64Array(pairs.length * k);
  const second = new Float64Array(k);
  for (const [p, [a, b]] of pairs.entries()) {
    signs[p * k + a] = 1;
    signs[p * k + b] = -1;
    second[b]++;
  }
  const number = (value: number) => graph.doubles(`${path}/number`, [], [value]);
  const matrix = graph.doubles(`${path}/signs`, [pairs.length, k], signs);
  const won = graph.node(path, 'Cast', [graph.node(path, 'Greater', [scores, number(0)])], { to: DOUBLE });
  // A pair adds `won` to its first class and 1 − `won` to its second.
  const votes = graph.node(path, 'Add', [
    graph.node(path, 'MatMul', [won, matrix]),
    graph.doubles(`${path}/second`, [k], second),
  ]);
  const confidence = graph.node(path, 'MatMul', [scores, matrix]);
  const size = graph.node(path, 'Add', [graph.node(path, 'Abs', [confidence]), number(1)]);
  const share = graph.node(path, 'Div', [confidence, graph.node(path, 'Mul', [size, number(3)])]);
  return graph.node(path, 'Add', [votes, share]);
}
