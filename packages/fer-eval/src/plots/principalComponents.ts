import {
  bindRunOptions,
  breathe,
  checkFeatures,
  checkOptions,
  describeValue,
  type FeatureMatrix,
  FerError,
  Random,
  RUN_OPTIONS,
  type RunOptions,
} from 'fer-core';
import { PCA } from 'ml-pca';

/** Options of {@link principalComponents}. */
export interface PrincipalComponentsOptions extends RunOptions {
  /** Number of components, from 1 to the number of columns. @default 2 */
  readonly components?: number | undefined;
  /** Seed of the subspace iteration's random start, which is used for more than 64 columns. @default 0 */
  readonly seed?: number | string | undefined;
}

/** Features projected onto their principal components. */
export interface PrincipalComponents {
  /** n × components: the coordinates of the rows relative to the mean. */
  readonly points: Float64Array;
  readonly rows: number;
  readonly components: number;
  /** The fraction of the variance along each component, 0..1, in descending order. */
  readonly explained: readonly number[];
}

/** Up to this number of columns, the covariance is decomposed directly. */
const EXACT = 64;
/** Additional directions and passes, which make the requested components accurate enough for a plot. */
const OVERSAMPLING = 10;
const PASSES = 5;

/**
 * Computes principal components with `ml-pca`. With more than 64 columns, features are first projected onto a subspace
 * of dimension `components` + 10, which subspace iteration finds from a random start (Halko, Martinsson & Tropp 2011,
 * algorithm 4.4); decomposing 3,589 × 1,024 features directly would take minutes. Signs are chosen so that each
 * component's largest loading is positive.
 *
 * @throws FerError `INVALID_DATA` for features that are not finite, or fewer than 2 rows; `INVALID_ARGUMENT` for more
 *   components than columns.
 *
 * @example
 * ```ts
 * const { points, explained } = await principalComponents(features, { components: 3, seed: 1 });
 * const [x, y, z] = points; // of the first row
 * ```
 */
export async function principalComponents(
  features: FeatureMatrix,
  options: PrincipalComponentsOptions = {},
): Promise<PrincipalComponents> {
  checkOptions('principalComponents', options, ['components', 'seed', ...RUN_OPTIONS]);
  const { components = 2, seed = 0 } = options;
  const random = new Random(seed).split('pca');
  const run = bindRunOptions(options);
  checkFeatures(features);
  const { rows, columns } = features;
  if (rows < 2) throw new FerError('INVALID_DATA', `${rows} rows of features: give at least 2.`);
  if (!(Number.isInteger(components) && components >= 1 && components <= columns)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${describeValue(components)} components: give a whole number from 1 to ${columns}.`,
    );
  }
  const { centred, variance } = centre(features);
  const width = Math.min(columns, components + OVERSAMPLING);
  const basis = columns <= EXACT ? undefined : await subspace(centred, rows, columns, width, random, run);
  await breathe(run.signal);
  const inner = basis ? width : columns;
  const reduced = basis ? project(centred, rows, columns, basis, width) : centred;
  const table = Array.from({ length: rows }, (_, i) => Array.from(reduced.subarray(i * inner, (i + 1) * inner)));
  const pca = new PCA(table, { method: 'covarianceMatrix', center: false });
  const vectors = pca.getEigenvectors();
  const directions = Float64Array.from({ length: components * inner }, (_, at) =>
    vectors.get(at % inner, Math.floor(at / inner)),
  );
  const loadings = basis ? combine(basis, width, columns, transpose(directions, inner), components) : directions;
  const points = project(reduced, rows, inner, directions, components);
  for (let c = 0; c < components; c++) {
    let largest = 0;
    for (let j = 0; j < columns; j++) {
      const loading = loadings[c * columns + j];
      if (Math.abs(loading) > Math.abs(largest)) largest = loading;
    }
    if (largest < 0) for (let i = 0; i < rows; i++) points[i * components + c] *= -1;
  }
  const explained = pca
    .getEigenvalues()
    .slice(0, components)
    .map((value) => (variance === 0 ? 0 : Math.max(0, value) / variance));
  return { points, rows, components, explained };
}

/** Returns the features minus their means, and the sum of their variances. */
function centre({ data, rows, columns }: FeatureMatrix): { centred: Float64Array; variance: number } {
  const mean = new Float64Array(columns);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < columns; j++) mean[j] += data[at++] / rows;
  const centred = new Float64Array(data);
  let squares = 0;
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      centred[at] -= mean[j];
      squares += centred[at] ** 2;
      at++;
    }
  }
  return { centred, variance: squares / (rows - 1) };
}

/** Returns the transpose of a components × inner matrix. */
function transpose(directions: Float64Array, inner: number): Float64Array {
  const components = directions.length / inner;
  return Float64Array.from(
    { length: directions.length },
    (_, at) => directions[(at % components) * inner + Math.floor(at / components)],
  );
}

/**
 * Returns an orthonormal basis of approximately the leading directions, one per row: width × columns. Iterates (XᵀX)ᵖ Ω
 * and orthonormalises after every step.
 */
async function subspace(
  x: Float64Array,
  rows: number,
  columns: number,
  width: number,
  random: Random,
  run: RunOptions,
): Promise<Float64Array> {
  const { onProgress, signal } = bindRunOptions(run);
  let basis: Float64Array = Float64Array.from({ length: width * columns }, () => random.normal());
  for (let pass = 0; pass < PASSES; pass++) {
    orthonormalize(basis, width, columns);
    await breathe(signal);
    const seen = project(x, rows, columns, basis, width);
    await breathe(signal);
    basis = combine(x, rows, columns, seen, width);
    onProgress?.({ kind: 'transform', done: pass + 1, total: PASSES });
  }
  orthonormalize(basis, width, columns);
  return basis;
}

/**
 * x (rows × columns) · directionsᵀ (width × columns). Four dot products at a time, so that x is read once for four
 * directions.
 */
function project(x: Float64Array, rows: number, columns: number, directions: Float64Array, width: number) {
  const out = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) {
    const start = i * columns;
    for (let c = 0; c < width; c += 4) {
      const [c1, c2, c3] = [1, 2, 3].map((more) => Math.min(c + more, width - 1));
      const [d0, d1, d2, d3] = [c * columns, c1 * columns, c2 * columns, c3 * columns];
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let j = 0; j < columns; j++) {
        const value = x[start + j];
        s0 += value * directions[d0 + j];
        s1 += value * directions[d1 + j];
        s2 += value * directions[d2 + j];
        s3 += value * directions[d3 + j];
      }
      out[i * width + c] = s0;
      out[i * width + c1] = s1;
      out[i * width + c2] = s2;
      out[i * width + c3] = s3;
    }
  }
  return out;
}

/**
 * seenᵀ (rows × width) · x (rows × columns), width × columns. Four rows of x at a time, so that sums are stored a
 * quarter as often.
 */
function combine(x: Float64Array, rows: number, columns: number, seen: Float64Array, width: number): Float64Array {
  const out = new Float64Array(width * columns);
  for (let i = 0; i < rows; i += 4) {
    const used = Math.min(4, rows - i);
    const [r0, r1, r2, r3] = [0, 1, 2, 3].map((more) => (i + Math.min(more, used - 1)) * columns);
    for (let c = 0; c < width; c++) {
      const [w0, w1, w2, w3] = [0, 1, 2, 3].map((more) => (more < used ? seen[(i + more) * width + c] : 0));
      const to = c * columns;
      for (let j = 0; j < columns; j++) {
        out[to + j] += w0 * x[r0 + j] + w1 * x[r1 + j] + w2 * x[r2 + j] + w3 * x[r3 + j];
      }
    }
  }
  return out;
}

/** Gram–Schmidt orthonormalisation of the rows, applied twice, in place. A row in the span of the others becomes 0. */
function orthonormalize(basis: Float64Array, width: number, columns: number): void {
  for (let c = 0; c < width; c++) {
    const row = basis.subarray(c * columns, (c + 1) * columns);
    const before = Math.sqrt(dot(row, row));
    for (let twice = 0; twice < 2; twice++) {
      for (let other = 0; other < c; other++) {
        const direction = basis.subarray(other * columns, (other + 1) * columns);
        const along = dot(row, direction);
        for (let j = 0; j < columns; j++) row[j] -= along * direction[j];
      }
    }
    const length = Math.sqrt(dot(row, row));
    const scale = length > 1e-12 * before ? 1 / length : 0;
    for (let j = 0; j < columns; j++) row[j] *= scale;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}
