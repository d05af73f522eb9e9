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

/** The dot products of n floats at each of four places with those at b. */
@inline
function dot4(a0: usize, a1: usize, a2: usize, a3: usize, b: usize, n: i32): v128 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0, i = 0;
  for (; i + 8 <= n; i += 8, a0 += 32, a1 += 32, a2 += 32, a3 += 32, b += 32) {
    const x = v128.load(b), y = v128.load(b, 16);
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a0), x));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a1), x));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a2), x));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a3), x));
    t0 = f32x4.add(t0, f32x4.mul(v128.load(a0, 16), y));
    t1 = f32x4.add(t1, f32x4.mul(v128.load(a1, 16), y));
    t2 = f32x4.add(t2, f32x4.mul(v128.load(a2, 16), y));
    t3 = f32x4.add(t3, f32x4.mul(v128.load(a3, 16), y));
  }
  // Transposed, so that each sum ends in a lane.
  s0 = f32x4.add(s0, t0);
  s1 = f32x4.add(s1, t1);
  s2 = f32x4.add(s2, t2);
  s3 = f32x4.add(s3, t3);
  const p0 = v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), p1 = v128.shuffle<f32>(s0, s1, 2, 6, 3, 7);
  const q0 = v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), q1 = v128.shuffle<f32>(s2, s3, 2, 6, 3, 7);
  const p = f32x4.add(p0, p1), q = f32x4.add(q0, q1);
  let sums = f32x4.add(v128.shuffle<f32>(p, q, 0, 1, 4, 5), v128.shuffle<f32>(p, q, 2, 3, 6, 7));
  for (; i < n; i++, a0 += 4, a1 += 4, a2 += 4, a3 += 4, b += 4) {
    let x = v128.load32_zero(a0);
    x = f32x4.replace_lane(x, 1, load<f32>(a1));
    x = f32x4.replace_lane(x, 2, load<f32>(a2));
    x = f32x4.replace_lane(x, 3, load<f32>(a3));
    sums = f32x4.add(sums, f32x4.mul(x, v128.load32_splat(b)));
  }
  return sums;
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
    const r0 = row(a, i0), r1 = row(a, i0 + 1), r2 = row(a, i0 + 2), r3 = row(a, i0 + 3);
    for (let j = 0; j < i0; j++) {
      const lj = row(a, j), at = <usize>j << 2, inverse = load<f32>(lj + at);
      if (rows == 4) {
        const dots = dot4(r0, r1, r2, r3, lj, j);
        store<f32>(r0 + at, (load<f32>(r0 + at) - f32x4.extract_lane(dots, 0)) * inverse);
        store<f32>(r1 + at, (load<f32>(r1 + at) - f32x4.extract_lane(dots, 1)) * inverse);
        store<f32>(r2 + at, (load<f32>(r2 + at) - f32x4.extract_lane(dots, 2)) * inverse);
        store<f32>(r3 + at, (load<f32>(r3 + at) - f32x4.extract_lane(dots, 3)) * inverse);
        continue;
      }
      for (let i = i0; i < n; i++) {
        const li = row(a, i);
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
