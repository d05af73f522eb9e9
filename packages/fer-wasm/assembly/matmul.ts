import { madd } from './madd';
import { packPanel, packTransposed } from './pack';
import { arg, ptr, share } from './share';
import { outerTile, outerTileFrom } from './outerTile';
import { copyIn, copyOut, dotTile, dotTileFrom, putZeros, reluTile, rowOr0 } from './tile';

/** Depth of one pass over k. A panel of B of this depth (32 kB) stays in cache while the rows of A stream past it. */
const DEPTH: i32 = 1024;

/**
 * y = x·B (+ bias) (ReLU) for one row x. Adds four rows of B at a time to y, in the order in which they lie in memory.
 *
 * Arguments: x, B, y, bias (0: none), n, k, relu. Threads share the columns, in whole vectors.
 */
export function vecMat(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 2), bias = ptr(args, 3), n = arg(args, 4), k = arg(args, 5);
  const from = share((n + 3) / 4, thread, threads) * 4, to = min(n, share((n + 3) / 4, thread + 1, threads) * 4);
  const line = <usize>n * 4, first = <usize>from * 4, last = <usize>to * 4, vectors = first + ((last - first) & ~15);
  if (from >= to) return;
  if (bias) memory.copy(y + first, bias + first, last - first);
  else memory.fill(y + first, 0, last - first);
  let b = ptr(args, 1), i = 0;
  for (; i + 4 <= k; i += 4, b += 4 * line) {
    const a0 = load<f32>(x + i * 4), a1 = load<f32>(x + i * 4, 4), a2 = load<f32>(x + i * 4, 8), a3 = load<f32>(x + i * 4, 12);
    const v0 = f32x4.splat(a0), v1 = f32x4.splat(a1), v2 = f32x4.splat(a2), v3 = f32x4.splat(a3);
    const b1 = b + line, b2 = b1 + line, b3 = b2 + line;
    for (let c = first; c < vectors; c += 16) {
      let s = madd(v128.load(b + c), v0, v128.load(y + c));
      s = madd(v128.load(b1 + c), v1, s);
      s = madd(v128.load(b2 + c), v2, s);
      v128.store(y + c, madd(v128.load(b3 + c), v3, s));
    }
    for (let c = vectors; c < last; c += 4) {
      const s = load<f32>(y + c) + a0 * load<f32>(b + c) + a1 * load<f32>(b1 + c);
      store<f32>(y + c, s + a2 * load<f32>(b2 + c) + a3 * load<f32>(b3 + c));
    }
  }
  for (; i < k; i++, b += line) {
    const a = load<f32>(x + i * 4);
    for (let c = first; c < last; c += 4) store<f32>(y + c, load<f32>(y + c) + a * load<f32>(b + c));
  }
  if (arg(args, 6)) for (let c = first; c < last; c += 4) store<f32>(y + c, max<f32>(load<f32>(y + c), 0));
}

/** As vecMat, for two rows: B is read once. */
export function vecMat2(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 2), bias = ptr(args, 3), n = arg(args, 4), k = arg(args, 5);
  const from = share((n + 3) / 4, thread, threads) * 4, to = min(n, share((n + 3) / 4, thread + 1, threads) * 4);
  const line = <usize>n * 4, first = <usize>from * 4, last = <usize>to * 4, vectors = first + ((last - first) & ~15);
  const z = y + line, w = x + <usize>k * 4;
  if (from >= to) return;
  if (bias) {
    memory.copy(y + first, bias + first, last - first);
    memory.copy(z + first, bias + first, last - first);
  } else {
    memory.fill(y + first, 0, last - first);
    memory.fill(z + first, 0, last - first);
  }
  let b = ptr(args, 1), i: usize = 0;
  const whole = <usize>(k & ~3) * 4, end = <usize>k * 4;
  for (; i < whole; i += 16, b += 4 * line) {
    const v0 = v128.load32_splat(x + i), v1 = v128.load32_splat(x + i, 4), v2 = v128.load32_splat(x + i, 8), v3 = v128.load32_splat(x + i, 12);
    const w0 = v128.load32_splat(w + i), w1 = v128.load32_splat(w + i, 4), w2 = v128.load32_splat(w + i, 8), w3 = v128.load32_splat(w + i, 12);
    const b1 = b + line, b2 = b1 + line, b3 = b2 + line;
    for (let c = first; c < vectors; c += 16) {
      const p0 = v128.load(b + c), p1 = v128.load(b1 + c), p2 = v128.load(b2 + c), p3 = v128.load(b3 + c);
      v128.store(y + c, madd(p3, v3, madd(p2, v2, madd(p1, v1, madd(p0, v0, v128.load(y + c))))));
      v128.store(z + c, madd(p3, w3, madd(p2, w2, madd(p1, w1, madd(p0, w0, v128.load(z + c))))));
    }
    for (let c = vectors; c < last; c += 4) {
      const p0 = load<f32>(b + c), p1 = load<f32>(b1 + c), p2 = load<f32>(b2 + c), p3 = load<f32>(b3 + c);
      const s = load<f32>(y + c) + load<f32>(x + i) * p0 + load<f32>(x + i, 4) * p1;
      const t = load<f32>(z + c) + load<f32>(w + i) * p0 + load<f32>(w + i, 4) * p1;
      store<f32>(y + c, s + load<f32>(x + i, 8) * p2 + load<f32>(x + i, 12) * p3);
      store<f32>(z + c, t + load<f32>(w + i, 8) * p2 + load<f32>(w + i, 12) * p3);
    }
  }
  for (; i < end; i += 4, b += line) {
    const u = load<f32>(x + i), v = load<f32>(w + i);
    for (let c = first; c < last; c += 4) {
      const p = load<f32>(b + c);
      store<f32>(y + c, load<f32>(y + c) + u * p);
      store<f32>(z + c, load<f32>(z + c) + v * p);
    }
  }
  if (!arg(args, 6)) return;
  for (let c = first; c < last; c += 4) {
    store<f32>(y + c, max<f32>(load<f32>(y + c), 0));
    store<f32>(z + c, max<f32>(load<f32>(z + c), 0));
  }
}

/**
 * C = op(A)·op(B) (+ bias) (ReLU), batched.
 *
 * Arguments: A, B, C, bias (0: none), scratch, bytes of scratch per thread (4,096 + 256 + 32 × min(k, 1,024)), batch,
 * m, n, k, transposeA, transposeB, bytes from one matrix to the next of A, and of B (0: all products use the same
 * matrix), relu.
 *
 * Loops: panel of 8 columns of B → pass over k → tile of 6 rows. A panel is packed, transposed if necessary, into the
 * thread's scratch; A is read in place. Threads share the panels if C is wider than high, otherwise its rows. One
 * thread computes each element of C, in an order that doesn't depend on the number of threads.
 */
export function matMul(args: usize, thread: i32, threads: i32): void {
  const a = ptr(args, 0), b = ptr(args, 1), c = ptr(args, 2), bias = ptr(args, 3);
  const table = ptr(args, 4) + ptr(args, 5) * <usize>thread, edge = table + 4096, packed = edge + 256;
  const batch = arg(args, 6), m = arg(args, 7), n = arg(args, 8), k = arg(args, 9);
  const transposeA = arg(args, 10), transposeB = arg(args, 11);
  const nextA = ptr(args, 12), nextB = ptr(args, 13), relu = arg(args, 14);
  const panels = (n + 7) / 8, tiles = (m + 5) / 6;
  let panel0 = 0, panel1 = panels, tile0 = 0, tile1 = tiles;
  if (panels >= tiles) {
    panel0 = share(panels, thread, threads);
    panel1 = share(panels, thread + 1, threads);
  } else {
    tile0 = share(tiles, thread, threads);
    tile1 = share(tiles, thread + 1, threads);
  }
  if (panel0 == panel1 || tile0 == tile1) return;
  const lda = <usize>(transposeA ? m : k) * 4, ldC = <usize>n * 4, edgeBias = edge + 192;
  const stepK: usize = transposeA ? lda : 4;
  putZeros(edgeBias);
  for (let i = 0; i < min(DEPTH, k); i++) store<usize>(table + i * 4, <usize>i * stepK);
  for (let i = 0; i < batch; i++) {
    const ai = a + nextA * <usize>i, bi = b + nextB * <usize>i, ci = c + <usize>(m * n) * 4 * <usize>i;
    for (let p = panel0; p < panel1; p++) {
      const column = p * 8, columns = min(8, n - column);
      if (bias) for (let j = 0; j < 8; j++) store<f32>(edgeBias + j * 4, j < columns ? load<f32>(bias + (column + j) * 4) : 0);
      for (let k0 = 0; k0 == 0 || k0 < k; k0 += DEPTH) {
        const depth = min(DEPTH, k - k0), tableEnd = table + <usize>depth * 4;
        if (transposeB) packTransposed(bi + <usize>(column * k + k0) * 4, k, depth, columns, packed);
        else packPanel(bi + <usize>(k0 * n + column) * 4, n, depth, columns, packed);
        for (let t = tile0; t < tile1; t++) {
          const row = t * 6, rows = min(6, m - row), whole = rows == 6 && columns == 8;
          const target = ci + <usize>(row * n + column) * 4;
          const out = whole ? target : edge, ldc: usize = whole ? ldC : 32;
          if (k0 > 0 && !whole) copyIn(target, ldC, rows, columns, edge);
          if (transposeA) {
            const r0 = ai + <usize>k0 * lda + <usize>row * 4;
            if (k0 == 0) outerTileFrom(r0, table, tableEnd, packed, 32, edgeBias, out, ldc);
            else outerTile(r0, table, tableEnd, packed, 32, out, ldc);
          } else {
            const r0 = ai + <usize>row * lda + <usize>k0 * 4;
            const r1 = rowOr0(r0 + lda, 1, rows, r0), r2 = rowOr0(r0 + 2 * lda, 2, rows, r0);
            const r3 = rowOr0(r0 + 3 * lda, 3, rows, r0), r4 = rowOr0(r0 + 4 * lda, 4, rows, r0);
            const r5 = rowOr0(r0 + 5 * lda, 5, rows, r0);
            if (k0 == 0) dotTileFrom(r0, r1, r2, r3, r4, r5, table, tableEnd, packed, edgeBias, out, ldc);
            else dotTile(r0, r1, r2, r3, r4, r5, table, tableEnd, packed, out, ldc);
          }
          if (relu && k0 + depth >= k) reluTile(out, ldc);
          if (!whole) copyOut(edge, target, ldC, rows, columns);
        }
      }
    }
  }
}
