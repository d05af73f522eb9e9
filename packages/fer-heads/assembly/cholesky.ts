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

/** The four sums of four lanes each. */
@inline
function sums(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const p0 = v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), p1 = v128.shuffle<f32>(s0, s1, 2, 6, 3, 7);
  const q0 = v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), q1 = v128.shuffle<f32>(s2, s3, 2, 6, 3, 7);
  const p = f32x4.add(p0, p1), q = f32x4.add(q0, q1);
  return f32x4.add(v128.shuffle<f32>(p, q, 0, 1, 4, 5), v128.shuffle<f32>(p, q, 2, 3, 6, 7));
}

/** The first number at each of four places. */
@inline
function column(a0: usize, a1: usize, a2: usize, a3: usize): v128 {
  const x = f32x4.replace_lane(v128.load32_zero(a0), 1, load<f32>(a1));
  return f32x4.replace_lane(f32x4.replace_lane(x, 2, load<f32>(a2)), 3, load<f32>(a3));
}

/** Where row i begins. */
@inline
function row(a: usize, i: i32): usize {
  return a + ((<usize>i * <usize>(i + 1)) << 1);
}

/** Factors in place. Returns n, or the row at which the matrix proved not to be positive definite. */
export function factor(a: usize, n: i32): i32 {
  // Tiles of four rows × two columns: eight multiply-adds of four for six loads.
  for (let i0 = 0; i0 < n; i0 += 4) {
    const rows = min(4, n - i0);
    const r0 = row(a, i0), r1 = row(a, i0 + 1), r2 = row(a, i0 + 2), r3 = row(a, i0 + 3);
    for (let j = 0; j < i0; j += 2) {
      const l0 = row(a, j), l1 = row(a, j + 1), at = <usize>j << 2, end = at & ~15;
      if (rows == 4) {
        let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0, p: usize = 0;
        for (; p < end; p += 16) {
          const x = v128.load(l0 + p), y = v128.load(l1 + p);
          const u0 = v128.load(r0 + p), u1 = v128.load(r1 + p), u2 = v128.load(r2 + p), u3 = v128.load(r3 + p);
          s0 = f32x4.add(s0, f32x4.mul(u0, x));
          s1 = f32x4.add(s1, f32x4.mul(u1, x));
          s2 = f32x4.add(s2, f32x4.mul(u2, x));
          s3 = f32x4.add(s3, f32x4.mul(u3, x));
          t0 = f32x4.add(t0, f32x4.mul(u0, y));
          t1 = f32x4.add(t1, f32x4.mul(u1, y));
          t2 = f32x4.add(t2, f32x4.mul(u2, y));
          t3 = f32x4.add(t3, f32x4.mul(u3, y));
        }
        let s = sums(s0, s1, s2, s3), t = sums(t0, t1, t2, t3);
        for (; p < at; p += 4) {
          const u = column(r0 + p, r1 + p, r2 + p, r3 + p);
          s = f32x4.add(s, f32x4.mul(u, v128.load32_splat(l0 + p)));
          t = f32x4.add(t, f32x4.mul(u, v128.load32_splat(l1 + p)));
        }
        const first = f32x4.mul(f32x4.sub(column(r0 + at, r1 + at, r2 + at, r3 + at), s), v128.load32_splat(l0 + at));
        t = f32x4.add(t, f32x4.mul(first, v128.load32_splat(l1 + at)));
        const next = at + 4;
        const second = f32x4.mul(f32x4.sub(column(r0 + next, r1 + next, r2 + next, r3 + next), t), v128.load32_splat(l1 + next));
        v128.store32_lane(r0 + at, first, 0);
        v128.store32_lane(r1 + at, first, 1);
        v128.store32_lane(r2 + at, first, 2);
        v128.store32_lane(r3 + at, first, 3);
        v128.store32_lane(r0 + next, second, 0);
        v128.store32_lane(r1 + next, second, 1);
        v128.store32_lane(r2 + next, second, 2);
        v128.store32_lane(r3 + next, second, 3);
        continue;
      }
      for (let i = i0; i < n; i++) {
        const li = row(a, i);
        store<f32>(li + at, (load<f32>(li + at) - dot(li, l0, j)) * load<f32>(l0 + at));
        store<f32>(li + at + 4, (load<f32>(li + at + 4) - dot(li, l1, j + 1)) * load<f32>(l1 + at + 4));
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

/**
 * Packs a factor of n rows: into `parts` what is left of the diagonal, row after row, as signed bytes, to be
 * multiplied by the row's entry of `scales`; into `inverses` the diagonal.
 */
export function pack(l: usize, n: i32, parts: usize, scales: usize, inverses: usize): void {
  for (let i = 0; i < n; i++, scales += 4, inverses += 4) {
    let most: f32 = 0;
    for (let j = 0; j < i; j++) most = max(most, abs(load<f32>(l + (<usize>j << 2))));
    const scale: f32 = most > 1e-30 ? most / 127 : 1;
    for (let j = 0; j < i; j++, parts++) store<i8>(parts, <i8>nearest(load<f32>(l + (<usize>j << 2)) / scale));
    l += <usize>i << 2;
    store<f32>(scales, scale);
    store<f32>(inverses, load<f32>(l));
    l += 4;
  }
}

/** Four packed numbers as floats. */
@inline
function four(p: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(p))));
}

/** x = (L·Lᵀ)⁻¹ x, in place, of a packed L. */
export function solve(parts: usize, scales: usize, inverses: usize, n: i32, x: usize): void {
  let p = parts;
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2;
    let s0 = f32x4.splat(0), s1 = s0, j: usize = 0;
    for (; j + 32 <= at; j += 32, p += 8) {
      s0 = f32x4.add(s0, f32x4.mul(four(p), v128.load(x + j)));
      s1 = f32x4.add(s1, f32x4.mul(four(p + 4), v128.load(x + j, 16)));
    }
    s0 = f32x4.add(s0, s1);
    let sum = f32x4.extract_lane(s0, 0) + f32x4.extract_lane(s0, 1) + f32x4.extract_lane(s0, 2) + f32x4.extract_lane(s0, 3);
    for (; j < at; j += 4, p++) sum += <f32>load<i8>(p) * load<f32>(x + j);
    store<f32>(x + at, (load<f32>(x + at) - sum * load<f32>(scales + at)) * load<f32>(inverses + at));
  }
  for (let i = n - 1; i >= 0; i--) {
    const at = <usize>i << 2, value = load<f32>(x + at) * load<f32>(inverses + at);
    store<f32>(x + at, value);
    p -= i;
    const w = value * load<f32>(scales + at), v = f32x4.splat(w);
    let j: usize = 0;
    for (; j + 16 <= at; j += 16) v128.store(x + j, f32x4.sub(v128.load(x + j), f32x4.mul(v, four(p + (j >> 2)))));
    for (; j < at; j += 4) store<f32>(x + j, load<f32>(x + j) - w * <f32>load<i8>(p + (j >> 2)));
  }
}

/** x = (L·Lᵀ)⁻¹ x, in place, of a factor as `factor` leaves it; x is float64. */
export function solve64(l: usize, n: i32, x: usize): void {
  let p = l;
  for (let i = 0; i < n; i++, p += 4) {
    const at = x + (<usize>i << 3), end = p + (<usize>i << 2), whole = p + (<usize>(i & ~3) << 2);
    let s0 = f64x2.splat(0), s1 = s0, y = x;
    for (; p < whole; p += 16, y += 32) {
      s0 = f64x2.add(s0, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(p)), v128.load(y)));
      s1 = f64x2.add(s1, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(p, 8)), v128.load(y, 16)));
    }
    s0 = f64x2.add(s0, s1);
    let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
    for (; p < end; p += 4, y += 8) sum += <f64>load<f32>(p) * load<f64>(y);
    store<f64>(at, (load<f64>(at) - sum) * <f64>load<f32>(p));
  }
  for (let i = n - 1; i >= 0; i--) {
    p -= 4;
    const at = x + (<usize>i << 3), value = load<f64>(at) * <f64>load<f32>(p), v = f64x2.splat(value);
    store<f64>(at, value);
    p -= <usize>i << 2;
    let q = p, y = x;
    for (const whole = p + (<usize>(i & ~3) << 2); q < whole; q += 16, y += 32) {
      v128.store(y, f64x2.sub(v128.load(y), f64x2.mul(v, f64x2.promote_low_f32x4(v128.load64_zero(q)))));
      v128.store(y, f64x2.sub(v128.load(y, 16), f64x2.mul(v, f64x2.promote_low_f32x4(v128.load64_zero(q, 8)))), 16);
    }
    for (; y < at; q += 4, y += 8) store<f64>(y, load<f64>(y) - value * <f64>load<f32>(q));
  }
}
