import { madd } from './madd';

/* Sums of outer products by 6×8 tiles. The loops have the form that tile.ts explains. */

/**
 * C += Σ a(k)ᵀ·b(k), a sum of outer products: a(k) is 6 floats at `a` plus an offset from the table, b(k) is 8 floats,
 * and b(k + 1) follows `stepB` bytes later. Used for a transposed left side, and for the gradient of a filter, where k
 * runs over the output pixels.
 */
@inline
export function outerTile(a: usize, table: usize, end: usize, b: usize, stepB: usize, c: usize, ldc: usize): void {
  if (RELAXED) {
    outerTile1(a, table, end, b, stepB, c, ldc);
    return;
  }
  const even = end - ((end - table) & 4);
  outerTile2(a, table, even, b, stepB, c, ldc);
  if (even < end) outerTile1(a, even, end, b + ((even - table) >> 2) * stepB, stepB, c, ldc);
}

/** One step per iteration. */
export function outerTile1(a: usize, table: usize, end: usize, b: usize, stepB: usize, c: usize, ldc: usize): void {
  let p = c;
  let c00 = v128.load(p), c01 = v128.load(p, 16); p += ldc;
  let c10 = v128.load(p), c11 = v128.load(p, 16); p += ldc;
  let c20 = v128.load(p), c21 = v128.load(p, 16); p += ldc;
  let c30 = v128.load(p), c31 = v128.load(p, 16); p += ldc;
  let c40 = v128.load(p), c41 = v128.load(p, 16); p += ldc;
  let c50 = v128.load(p), c51 = v128.load(p, 16);
  for (; table < end; table += 4) {
    {
      const o = a + load<usize>(table, 0), b0 = v128.load(b), b1 = v128.load(b, 16);
      const x0 = v128.load32_splat(o, 0); c00 = madd(x0, b0, c00); c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(o, 4); c10 = madd(x1, b0, c10); c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(o, 8); c20 = madd(x2, b0, c20); c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(o, 12); c30 = madd(x3, b0, c30); c31 = madd(x3, b1, c31);
      const x4 = v128.load32_splat(o, 16); c40 = madd(x4, b0, c40); c41 = madd(x4, b1, c41);
      const x5 = v128.load32_splat(o, 20); c50 = madd(x5, b0, c50); c51 = madd(x5, b1, c51);
      b += stepB;
    }
  }
  v128.store(c, c00); v128.store(c, c01, 16); c += ldc;
  v128.store(c, c10); v128.store(c, c11, 16); c += ldc;
  v128.store(c, c20); v128.store(c, c21, 16); c += ldc;
  v128.store(c, c30); v128.store(c, c31, 16); c += ldc;
  v128.store(c, c40); v128.store(c, c41, 16); c += ldc;
  v128.store(c, c50); v128.store(c, c51, 16);
}

/** Two steps per iteration; the table has an even number of entries. */
export function outerTile2(a: usize, table: usize, end: usize, b: usize, stepB: usize, c: usize, ldc: usize): void {
  let p = c;
  let c00 = v128.load(p), c01 = v128.load(p, 16); p += ldc;
  let c10 = v128.load(p), c11 = v128.load(p, 16); p += ldc;
  let c20 = v128.load(p), c21 = v128.load(p, 16); p += ldc;
  let c30 = v128.load(p), c31 = v128.load(p, 16); p += ldc;
  let c40 = v128.load(p), c41 = v128.load(p, 16); p += ldc;
  let c50 = v128.load(p), c51 = v128.load(p, 16);
  for (; table < end; table += 8) {
    {
      const o = a + load<usize>(table, 0), b0 = v128.load(b), b1 = v128.load(b, 16);
      const x0 = v128.load32_splat(o, 0); c00 = madd(x0, b0, c00); c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(o, 4); c10 = madd(x1, b0, c10); c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(o, 8); c20 = madd(x2, b0, c20); c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(o, 12); c30 = madd(x3, b0, c30); c31 = madd(x3, b1, c31);
      const x4 = v128.load32_splat(o, 16); c40 = madd(x4, b0, c40); c41 = madd(x4, b1, c41);
      const x5 = v128.load32_splat(o, 20); c50 = madd(x5, b0, c50); c51 = madd(x5, b1, c51);
      b += stepB;
    }
    {
      const o = a + load<usize>(table, 4), b0 = v128.load(b), b1 = v128.load(b, 16);
      const x0 = v128.load32_splat(o, 0); c00 = madd(x0, b0, c00); c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(o, 4); c10 = madd(x1, b0, c10); c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(o, 8); c20 = madd(x2, b0, c20); c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(o, 12); c30 = madd(x3, b0, c30); c31 = madd(x3, b1, c31);
      const x4 = v128.load32_splat(o, 16); c40 = madd(x4, b0, c40); c41 = madd(x4, b1, c41);
      const x5 = v128.load32_splat(o, 20); c50 = madd(x5, b0, c50); c51 = madd(x5, b1, c51);
      b += stepB;
    }
  }
  v128.store(c, c00); v128.store(c, c01, 16); c += ldc;
  v128.store(c, c10); v128.store(c, c11, 16); c += ldc;
  v128.store(c, c20); v128.store(c, c21, 16); c += ldc;
  v128.store(c, c30); v128.store(c, c31, 16); c += ldc;
  v128.store(c, c40); v128.store(c, c41, 16); c += ldc;
  v128.store(c, c50); v128.store(c, c51, 16);
}

/** C = start + Σ a(k)ᵀ·b(k), as outerTile. */
@inline
export function outerTileFrom(
  a: usize, table: usize, end: usize, b: usize, stepB: usize, start: usize, c: usize, ldc: usize,
): void {
  if (RELAXED || end - table < 8) {
    outerTileFrom1(a, table, end, b, stepB, start, c, ldc);
    return;
  }
  const even = end - ((end - table) & 4);
  outerTileFrom2(a, table, even, b, stepB, start, c, ldc);
  if (even < end) outerTile1(a, even, end, b + ((even - table) >> 2) * stepB, stepB, c, ldc);
}

/** One step per iteration. */
export function outerTileFrom1(
  a: usize, table: usize, end: usize, b: usize, stepB: usize, start: usize, c: usize, ldc: usize,
): void {
  const s0 = v128.load(start), s1 = v128.load(start, 16);
  let c00 = s0, c01 = s1;
  let c10 = s0, c11 = s1;
  let c20 = s0, c21 = s1;
  let c30 = s0, c31 = s1;
  let c40 = s0, c41 = s1;
  let c50 = s0, c51 = s1;
  for (; table < end; table += 4) {
    {
      const o = a + load<usize>(table, 0), b0 = v128.load(b), b1 = v128.load(b, 16);
      const x0 = v128.load32_splat(o, 0); c00 = madd(x0, b0, c00); c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(o, 4); c10 = madd(x1, b0, c10); c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(o, 8); c20 = madd(x2, b0, c20); c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(o, 12); c30 = madd(x3, b0, c30); c31 = madd(x3, b1, c31);
      const x4 = v128.load32_splat(o, 16); c40 = madd(x4, b0, c40); c41 = madd(x4, b1, c41);
      const x5 = v128.load32_splat(o, 20); c50 = madd(x5, b0, c50); c51 = madd(x5, b1, c51);
      b += stepB;
    }
  }
  v128.store(c, c00); v128.store(c, c01, 16); c += ldc;
  v128.store(c, c10); v128.store(c, c11, 16); c += ldc;
  v128.store(c, c20); v128.store(c, c21, 16); c += ldc;
  v128.store(c, c30); v128.store(c, c31, 16); c += ldc;
  v128.store(c, c40); v128.store(c, c41, 16); c += ldc;
  v128.store(c, c50); v128.store(c, c51, 16);
}

/** Two steps per iteration; the table has an even number of entries. */
export function outerTileFrom2(
  a: usize, table: usize, end: usize, b: usize, stepB: usize, start: usize, c: usize, ldc: usize,
): void {
  const s0 = v128.load(start), s1 = v128.load(start, 16);
  let c00 = s0, c01 = s1;
  let c10 = s0, c11 = s1;
  let c20 = s0, c21 = s1;
  let c30 = s0, c31 = s1;
  let c40 = s0, c41 = s1;
  let c50 = s0, c51 = s1;
  for (; table < end; table += 8) {
    {
      const o = a + load<usize>(table, 0), b0 = v128.load(b), b1 = v128.load(b, 16);
      const x0 = v128.load32_splat(o, 0); c00 = madd(x0, b0, c00); c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(o, 4); c10 = madd(x1, b0, c10); c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(o, 8); c20 = madd(x2, b0, c20); c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(o, 12); c30 = madd(x3, b0, c30); c31 = madd(x3, b1, c31);
      const x4 = v128.load32_splat(o, 16); c40 = madd(x4, b0, c40); c41 = madd(x4, b1, c41);
      const x5 = v128.load32_splat(o, 20); c50 = madd(x5, b0, c50); c51 = madd(x5, b1, c51);
      b += stepB;
    }
    {
      const o = a + load<usize>(table, 4), b0 = v128.load(b), b1 = v128.load(b, 16);
      const x0 = v128.load32_splat(o, 0); c00 = madd(x0, b0, c00); c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(o, 4); c10 = madd(x1, b0, c10); c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(o, 8); c20 = madd(x2, b0, c20); c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(o, 12); c30 = madd(x3, b0, c30); c31 = madd(x3, b1, c31);
      const x4 = v128.load32_splat(o, 16); c40 = madd(x4, b0, c40); c41 = madd(x4, b1, c41);
      const x5 = v128.load32_splat(o, 20); c50 = madd(x5, b0, c50); c51 = madd(x5, b1, c51);
      b += stepB;
    }
  }
  v128.store(c, c00); v128.store(c, c01, 16); c += ldc;
  v128.store(c, c10); v128.store(c, c11, 16); c += ldc;
  v128.store(c, c20); v128.store(c, c21, 16); c += ldc;
  v128.store(c, c30); v128.store(c, c31, 16); c += ldc;
  v128.store(c, c40); v128.store(c, c41, 16); c += ldc;
  v128.store(c, c50); v128.store(c, c51, 16);
}
