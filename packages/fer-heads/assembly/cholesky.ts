/*
 * Cholesky factors. A matrix is its lower triangle, row after row without gaps; L, A = L·Lᵀ, overwrites it, with the
 * inverses of its diagonal on the diagonal.
 */

/** The dot product of n floats at a and at b, in 16 sums. */
@inline
function dot(a: usize, b: usize, n: i32): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, i = 0;
  for (; i + 16 <= n; i += 16, a += 64, b += 64) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a, 32), v128.load(b, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a, 48), v128.load(b, 48)));
  }
  s0 = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  let sum = f32x4.extract_lane(s0, 0) + f32x4.extract_lane(s0, 1) + f32x4.extract_lane(s0, 2) + f32x4.extract_lane(s0, 3);
  for (; i < n; i++, a += 4, b += 4) sum += load<f32>(a) * load<f32>(b);
  return sum;
}

/** Where row i begins. */
@inline
function row(a: usize, i: i32): usize {
  return a + ((<usize>i * <usize>(i + 1)) << 1);
}

/** Factors in place. Returns n, or the row at which the matrix proved not to be positive definite. */
export function factor(a: usize, n: i32): i32 {
  // Four rows at a time share each reading of the rows above them.
  for (let i0 = 0; i0 < n; i0 += 4) {
    const rows = min(4, n - i0);
    for (let j = 0; j < i0; j++) {
      const lj = row(a, j), at = <usize>j << 2, inverse = load<f32>(lj + at);
      for (let r = 0; r < rows; r++) {
        const li = row(a, i0 + r);
        store<f32>(li + at, (load<f32>(li + at) - dot(li, lj, j)) * inverse);
      }
    }
    for (let i = i0; i < i0 + rows; i++) {
      const li = row(a, i);
      for (let j = i0; j < i; j++) {
        const lj = row(a, j), at = <usize>j << 2;
        store<f32>(li + at, (load<f32>(li + at) - dot(li, lj, j)) * load<f32>(lj + at));
      }
      const at = <usize>i << 2, pivot = load<f32>(li + at) - dot(li, li, i);
      if (!(pivot > 0)) return i;
      store<f32>(li + at, 1 / sqrt<f32>(pivot));
    }
  }
  return n;
}

/** x = (L·Lᵀ)⁻¹ x, in place. */
export function solve(l: usize, n: i32, x: usize): void {
  for (let i = 0; i < n; i++) {
    const li = row(l, i), at = <usize>i << 2;
    store<f32>(x + at, (load<f32>(x + at) - dot(li, x, i)) * load<f32>(li + at));
  }
  for (let i = n - 1; i >= 0; i--) {
    const li = row(l, i), at = <usize>i << 2, value = load<f32>(x + at) * load<f32>(li + at), v = f32x4.splat(value);
    store<f32>(x + at, value);
    let j: usize = 0;
    for (; j + 16 <= at; j += 16) v128.store(x + j, f32x4.sub(v128.load(x + j), f32x4.mul(v, v128.load(li + j))));
    for (; j < at; j += 4) store<f32>(x + j, load<f32>(x + j) - value * load<f32>(li + j));
  }
}
