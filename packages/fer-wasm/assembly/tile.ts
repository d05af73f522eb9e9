import { madd } from './madd';

/*
 * The inner loops of every matrix product and convolution: a 6×8 tile of C held in 12 registers. A step does 96 flops
 * for 2 loads of B, 6 broadcasts of A and one load of the offset table. Operands are read in place: the table holds the
 * offset of the k-th element in a row of A, so that an image patch, dilated or not, needs no copy.
 *
 * The form of these loops decides their speed. V8 keeps all 12 sums in registers only in a function that loads C, runs
 * one plain loop and stores C. With a nested loop, an epilogue or an unrolled fused multiply-add it spills registers,
 * at less than half the speed (50 → 22 GFLOP/s). The plain build, whose sums are not overwritten in place, is fastest
 * with two steps per iteration. The functions are exported so that the optimiser doesn't inline them into their
 * callers.
 */

/** C += A·B. Row r of A begins at `ar`; its elements are at the offsets from `table` to `end`. B is packed, k × 8. */
@inline
export function dotTile(
  a0: usize, a1: usize, a2: usize, a3: usize, a4: usize, a5: usize,
  table: usize, end: usize, b: usize, c: usize, ldc: usize,
): void {
  if (RELAXED) {
    dotTile1(a0, a1, a2, a3, a4, a5, table, end, b, c, ldc);
    return;
  }
  const even = end - ((end - table) & 4);
  dotTile2(a0, a1, a2, a3, a4, a5, table, even, b, c, ldc);
  if (even < end) dotTile1(a0, a1, a2, a3, a4, a5, even, end, b + (even - table) * 8, c, ldc);
}

/** One step per iteration. */
export function dotTile1(
  a0: usize, a1: usize, a2: usize, a3: usize, a4: usize, a5: usize,
  table: usize, end: usize, b: usize, c: usize, ldc: usize,
): void {
  let p = c;
  let c00 = v128.load(p), c01 = v128.load(p, 16); p += ldc;
  let c10 = v128.load(p), c11 = v128.load(p, 16); p += ldc;
  let c20 = v128.load(p), c21 = v128.load(p, 16); p += ldc;
  let c30 = v128.load(p), c31 = v128.load(p, 16); p += ldc;
  let c40 = v128.load(p), c41 = v128.load(p, 16); p += ldc;
  let c50 = v128.load(p), c51 = v128.load(p, 16);
  for (; table < end; table += 4, b += 32) {
    {
      const o = load<usize>(table, 0), b0 = v128.load(b, 0), b1 = v128.load(b, 16);
      const x0 = v128.load32_splat(a0 + o); c00 = madd(x0, b0, c00); c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(a1 + o); c10 = madd(x1, b0, c10); c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(a2 + o); c20 = madd(x2, b0, c20); c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(a3 + o); c30 = madd(x3, b0, c30); c31 = madd(x3, b1, c31);
      const x4 = v128.load32_splat(a4 + o); c40 = madd(x4, b0, c40); c41 = madd(x4, b1, c41);
      const x5 = v128.load32_splat(a5 + o); c50 = madd(x5, b0, c50); c51 = madd(x5, b1, c51);
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
export function dotTile2(
  a0: usize, a1: usize, a2: usize, a3: usize, a4: usize, a5: usize,
  table: usize, end: usize, b: usize, c: usize, ldc: usize,
): void {
  let p = c;
  let c00 = v128.load(p), c01 = v128.load(p, 16); p += ldc;
  let c10 = v128.load(p), c11 = v128.load(p, 16); p += ldc;
  let c20 = v128.load(p), c21 = v128.load(p, 16); p += ldc;
  let c30 = v128.load(p), c31 = v128.load(p, 16); p += ldc;
  let c40 = v128.load(p), c41 = v128.load(p, 16); p += ldc;
  let c50 = v128.load(p), c51 = v128.load(p, 16);
  for (; table < end; table += 8, b += 64) {
    {
      const o = load<usize>(table, 0), b0 = v128.load(b, 0), b1 = v128.load(b, 16);
      const x0 = v128.load32_splat(a0 + o); c00 = madd(x0, b0, c00); c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(a1 + o); c10 = madd(x1, b0, c10); c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(a2 + o); c20 = madd(x2, b0, c20); c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(a3 + o); c30 = madd(x3, b0, c30); c31 = madd(x3, b1, c31);
      const x4 = v128.load32_splat(a4 + o); c40 = madd(x4, b0, c40); c41 = madd(x4, b1, c41);
      const x5 = v128.load32_splat(a5 + o); c50 = madd(x5, b0, c50); c51 = madd(x5, b1, c51);
    }
    {
      const o = load<usize>(table, 4), b0 = v128.load(b, 32), b1 = v128.load(b, 48);
      const x0 = v128.load32_splat(a0 + o); c00 = madd(x0, b0, c00); c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(a1 + o); c10 = madd(x1, b0, c10); c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(a2 + o); c20 = madd(x2, b0, c20); c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(a3 + o); c30 = madd(x3, b0, c30); c31 = madd(x3, b1, c31);
      const x4 = v128.load32_splat(a4 + o); c40 = madd(x4, b0, c40); c41 = madd(x4, b1, c41);
      const x5 = v128.load32_splat(a5 + o); c50 = madd(x5, b0, c50); c51 = madd(x5, b1, c51);
    }
  }
  v128.store(c, c00); v128.store(c, c01, 16); c += ldc;
  v128.store(c, c10); v128.store(c, c11, 16); c += ldc;
  v128.store(c, c20); v128.store(c, c21, 16); c += ldc;
  v128.store(c, c30); v128.store(c, c31, 16); c += ldc;
  v128.store(c, c40); v128.store(c, c41, 16); c += ldc;
  v128.store(c, c50); v128.store(c, c51, 16);
}

/** As dotTile1, for four rows. */
export function dotTileOf4(
  a0: usize, a1: usize, a2: usize, a3: usize, table: usize, end: usize, b: usize, c: usize, ldc: usize,
): void {
  let p = c;
  let c00 = v128.load(p), c01 = v128.load(p, 16); p += ldc;
  let c10 = v128.load(p), c11 = v128.load(p, 16); p += ldc;
  let c20 = v128.load(p), c21 = v128.load(p, 16); p += ldc;
  let c30 = v128.load(p), c31 = v128.load(p, 16);
  for (; table < end; table += 4, b += 32) {
    const o = load<usize>(table, 0), b0 = v128.load(b, 0), b1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a0 + o); c00 = madd(x0, b0, c00); c01 = madd(x0, b1, c01);
    const x1 = v128.load32_splat(a1 + o); c10 = madd(x1, b0, c10); c11 = madd(x1, b1, c11);
    const x2 = v128.load32_splat(a2 + o); c20 = madd(x2, b0, c20); c21 = madd(x2, b1, c21);
    const x3 = v128.load32_splat(a3 + o); c30 = madd(x3, b0, c30); c31 = madd(x3, b1, c31);
  }
  v128.store(c, c00); v128.store(c, c01, 16); c += ldc;
  v128.store(c, c10); v128.store(c, c11, 16); c += ldc;
  v128.store(c, c20); v128.store(c, c21, 16); c += ldc;
  v128.store(c, c30); v128.store(c, c31, 16);
}

/** C = start + A·B, as dotTile. Every row starts with the eight floats at `start`. */
@inline
export function dotTileFrom(
  a0: usize, a1: usize, a2: usize, a3: usize, a4: usize, a5: usize,
  table: usize, end: usize, b: usize, start: usize, c: usize, ldc: usize,
): void {
  if (RELAXED || end - table < 8) {
    dotTileFrom1(a0, a1, a2, a3, a4, a5, table, end, b, start, c, ldc);
    return;
  }
  const even = end - ((end - table) & 4);
  dotTileFrom2(a0, a1, a2, a3, a4, a5, table, even, b, start, c, ldc);
  if (even < end) dotTile1(a0, a1, a2, a3, a4, a5, even, end, b + (even - table) * 8, c, ldc);
}

/** One step per iteration. */
export function dotTileFrom1(
  a0: usize, a1: usize, a2: usize, a3: usize, a4: usize, a5: usize,
  table: usize, end: usize, b: usize, start: usize, c: usize, ldc: usize,
): void {
  const s0 = v128.load(start), s1 = v128.load(start, 16);
  let c00 = s0, c01 = s1;
  let c10 = s0, c11 = s1;
  let c20 = s0, c21 = s1;
  let c30 = s0, c31 = s1;
  let c40 = s0, c41 = s1;
  let c50 = s0, c51 = s1;
  for (; table < end; table += 4, b += 32) {
    {
      const o = load<usize>(table, 0), b0 = v128.load(b, 0), b1 = v128.load(b, 16);
      const x0 = v128.load32_splat(a0 + o); c00 = madd(x0, b0, c00); c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(a1 + o); c10 = madd(x1, b0, c10); c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(a2 + o); c20 = madd(x2, b0, c20); c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(a3 + o); c30 = madd(x3, b0, c30); c31 = madd(x3, b1, c31);
      const x4 = v128.load32_splat(a4 + o); c40 = madd(x4, b0, c40); c41 = madd(x4, b1, c41);
      const x5 = v128.load32_splat(a5 + o); c50 = madd(x5, b0, c50); c51 = madd(x5, b1, c51);
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
export function dotTileFrom2(
  a0: usize, a1: usize, a2: usize, a3: usize, a4: usize, a5: usize,
  table: usize, end: usize, b: usize, start: usize, c: usize, ldc: usize,
): void {
  const s0 = v128.load(start), s1 = v128.load(start, 16);
  let c00 = s0, c01 = s1;
  let c10 = s0, c11 = s1;
  let c20 = s0, c21 = s1;
  let c30 = s0, c31 = s1;
  let c40 = s0, c41 = s1;
  let c50 = s0, c51 = s1;
  for (; table < end; table += 8, b += 64) {
    {
      const o = load<usize>(table, 0), b0 = v128.load(b, 0), b1 = v128.load(b, 16);
      const x0 = v128.load32_splat(a0 + o); c00 = madd(x0, b0, c00); c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(a1 + o); c10 = madd(x1, b0, c10); c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(a2 + o); c20 = madd(x2, b0, c20); c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(a3 + o); c30 = madd(x3, b0, c30); c31 = madd(x3, b1, c31);
      const x4 = v128.load32_splat(a4 + o); c40 = madd(x4, b0, c40); c41 = madd(x4, b1, c41);
      const x5 = v128.load32_splat(a5 + o); c50 = madd(x5, b0, c50); c51 = madd(x5, b1, c51);
    }
    {
      const o = load<usize>(table, 4), b0 = v128.load(b, 32), b1 = v128.load(b, 48);
      const x0 = v128.load32_splat(a0 + o); c00 = madd(x0, b0, c00); c01 = madd(x0, b1, c01);
      const x1 = v128.load32_splat(a1 + o); c10 = madd(x1, b0, c10); c11 = madd(x1, b1, c11);
      const x2 = v128.load32_splat(a2 + o); c20 = madd(x2, b0, c20); c21 = madd(x2, b1, c21);
      const x3 = v128.load32_splat(a3 + o); c30 = madd(x3, b0, c30); c31 = madd(x3, b1, c31);
      const x4 = v128.load32_splat(a4 + o); c40 = madd(x4, b0, c40); c41 = madd(x4, b1, c41);
      const x5 = v128.load32_splat(a5 + o); c50 = madd(x5, b0, c50); c51 = madd(x5, b1, c51);
    }
  }
  v128.store(c, c00); v128.store(c, c01, 16); c += ldc;
  v128.store(c, c10); v128.store(c, c11, 16); c += ldc;
  v128.store(c, c20); v128.store(c, c21, 16); c += ldc;
  v128.store(c, c30); v128.store(c, c31, 16); c += ldc;
  v128.store(c, c40); v128.store(c, c41, 16); c += ldc;
  v128.store(c, c50); v128.store(c, c51, 16);
}

/** At the lower edge of C, tile rows r ≥ `rows` don't exist. They read row 0 again, and their sums are discarded. */
@inline
export function rowOr0(row: usize, r: i32, rows: i32, row0: usize): usize {
  return r < rows ? row : row0;
}

/** Eight zeros. */
@inline
export function putZeros(to: usize): void {
  v128.store(to, f32x4.splat(0));
  v128.store(to, f32x4.splat(0), 16);
}

/** Replaces negative values by zero; NaN stays. */
export function reluTile(c: usize, ldc: usize): void {
  const zero = f32x4.splat(0);
  for (let i = 0; i < 6; i++, c += ldc) {
    v128.store(c, f32x4.max(v128.load(c), zero));
    v128.store(c, f32x4.max(v128.load(c, 16), zero), 16);
  }
}

/** Copies the part of an edge tile that exists from a 6×8 buffer into C. */
export function copyOut(edge: usize, c: usize, ldc: usize, rows: i32, columns: i32): void {
  for (let i = 0; i < rows; i++, edge += 32, c += ldc) memory.copy(c, edge, <usize>columns * 4);
}

/** The inverse of copyOut. */
export function copyIn(c: usize, ldc: usize, rows: i32, columns: i32, edge: usize): void {
  for (let i = 0; i < rows; i++, edge += 32, c += ldc) memory.copy(edge, c, <usize>columns * 4);
}
