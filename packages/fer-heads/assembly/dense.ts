/*
 * Products with a block of dense float32 rows that stays in cache from the first to the second. Vectors are panels of
 * eight score columns, d × 8. Four rows at a time: 64 flops for 4 splats and 2 loads (scores), or 4 splats, 2 loads and
 * 2 stores (sums).
 */

/** out (rows × 8) = X · panel; `rows` is a multiple of 4. */
export function denseScores(x: usize, rows: i32, d: i32, panel: usize, out: usize): void {
  const step = <usize>d << 2, end = panel + (<usize>d << 5);
  for (let i = 0; i < rows; i += 4, x += 4 * step, out += 128) {
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
    let p0 = x, p1 = x + step, p2 = x + 2 * step, p3 = x + 3 * step;
    for (let w = panel; w < end; w += 32, p0 += 4, p1 += 4, p2 += 4, p3 += 4) {
      const w0 = v128.load(w), w1 = v128.load(w, 16);
      const x0 = v128.load32_splat(p0);
      a0 = f32x4.add(a0, f32x4.mul(x0, w0));
      a1 = f32x4.add(a1, f32x4.mul(x0, w1));
      const x1 = v128.load32_splat(p1);
      b0 = f32x4.add(b0, f32x4.mul(x1, w0));
      b1 = f32x4.add(b1, f32x4.mul(x1, w1));
      const x2 = v128.load32_splat(p2);
      c0 = f32x4.add(c0, f32x4.mul(x2, w0));
      c1 = f32x4.add(c1, f32x4.mul(x2, w1));
      const x3 = v128.load32_splat(p3);
      d0 = f32x4.add(d0, f32x4.mul(x3, w0));
      d1 = f32x4.add(d1, f32x4.mul(x3, w1));
    }
    v128.store(out, a0);
    v128.store(out, a1, 16);
    v128.store(out, b0, 32);
    v128.store(out, b1, 48);
    v128.store(out, c0, 64);
    v128.store(out, c1, 80);
    v128.store(out, d0, 96);
    v128.store(out, d1, 112);
  }
}

/** The same in float64, for values that are compared: the panel and `out` are float64. Two rows at a time. */
export function denseScores64(x: usize, rows: i32, d: i32, panel: usize, out: usize): void {
  const step = <usize>d << 2, end = panel + (<usize>d << 6);
  for (let i = 0; i < rows; i += 2, x += 2 * step, out += 128) {
    let a0 = f64x2.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    let p0 = x, p1 = x + step;
    for (let w = panel; w < end; w += 64, p0 += 4, p1 += 4) {
      const w0 = v128.load(w), w1 = v128.load(w, 16), w2 = v128.load(w, 32), w3 = v128.load(w, 48);
      const x0 = f64x2.splat(<f64>load<f32>(p0)), x1 = f64x2.splat(<f64>load<f32>(p1));
      a0 = f64x2.add(a0, f64x2.mul(x0, w0));
      a1 = f64x2.add(a1, f64x2.mul(x0, w1));
      a2 = f64x2.add(a2, f64x2.mul(x0, w2));
      a3 = f64x2.add(a3, f64x2.mul(x0, w3));
      b0 = f64x2.add(b0, f64x2.mul(x1, w0));
      b1 = f64x2.add(b1, f64x2.mul(x1, w1));
      b2 = f64x2.add(b2, f64x2.mul(x1, w2));
      b3 = f64x2.add(b3, f64x2.mul(x1, w3));
    }
    v128.store(out, a0);
    v128.store(out, a1, 16);
    v128.store(out, a2, 32);
    v128.store(out, a3, 48);
    v128.store(out, b0, 64);
    v128.store(out, b1, 80);
    v128.store(out, b2, 96);
    v128.store(out, b3, 112);
  }
}

/** sums (d × 8) += Xᵀ · r (rows × 8); `rows` is a multiple of 4. */
export function denseAccumulate(x: usize, rows: i32, d: i32, r: usize, sums: usize): void {
  const step = <usize>d << 2, end = sums + (<usize>d << 5);
  for (let i = 0; i < rows; i += 4, x += 4 * step, r += 128) {
    const a0 = v128.load(r), a1 = v128.load(r, 16), b0 = v128.load(r, 32), b1 = v128.load(r, 48);
    const c0 = v128.load(r, 64), c1 = v128.load(r, 80), d0 = v128.load(r, 96), d1 = v128.load(r, 112);
    let p0 = x, p1 = x + step, p2 = x + 2 * step, p3 = x + 3 * step;
    for (let g = sums; g < end; g += 32, p0 += 4, p1 += 4, p2 += 4, p3 += 4) {
      const x0 = v128.load32_splat(p0), x1 = v128.load32_splat(p1);
      const x2 = v128.load32_splat(p2), x3 = v128.load32_splat(p3);
      const low = f32x4.add(f32x4.add(f32x4.mul(x0, a0), f32x4.mul(x1, b0)), f32x4.add(f32x4.mul(x2, c0), f32x4.mul(x3, d0)));
      const high = f32x4.add(f32x4.add(f32x4.mul(x0, a1), f32x4.mul(x1, b1)), f32x4.add(f32x4.mul(x2, c1), f32x4.mul(x3, d1)));
      v128.store(g, f32x4.add(v128.load(g), low));
      v128.store(g, f32x4.add(v128.load(g, 16), high), 16);
    }
  }
}

/** The same in float64, for gradients that are compared: r and the sums are float64. Two rows at a time. */
export function denseAccumulate64(x: usize, rows: i32, d: i32, r: usize, sums: usize): void {
  const step = <usize>d << 2, end = sums + (<usize>d << 6);
  for (let i = 0; i < rows; i += 2, x += 2 * step, r += 128) {
    const a0 = v128.load(r), a1 = v128.load(r, 16), a2 = v128.load(r, 32), a3 = v128.load(r, 48);
    const b0 = v128.load(r, 64), b1 = v128.load(r, 80), b2 = v128.load(r, 96), b3 = v128.load(r, 112);
    let p0 = x, p1 = x + step;
    for (let g = sums; g < end; g += 64, p0 += 4, p1 += 4) {
      const x0 = f64x2.splat(<f64>load<f32>(p0)), x1 = f64x2.splat(<f64>load<f32>(p1));
      v128.store(g, f64x2.add(v128.load(g), f64x2.add(f64x2.mul(x0, a0), f64x2.mul(x1, b0))));
      v128.store(g, f64x2.add(v128.load(g, 16), f64x2.add(f64x2.mul(x0, a1), f64x2.mul(x1, b1))), 16);
      v128.store(g, f64x2.add(v128.load(g, 32), f64x2.add(f64x2.mul(x0, a2), f64x2.mul(x1, b2))), 32);
      v128.store(g, f64x2.add(v128.load(g, 48), f64x2.add(f64x2.mul(x0, a3), f64x2.mul(x1, b3))), 48);
    }
  }
}

/** Subtracts one row of d numbers from each of `rows` rows. */
export function subtractRow(x: usize, rows: i32, d: i32, row: usize): void {
  const bytes = <usize>d << 2, whole = bytes & ~15;
  for (let i = 0; i < rows; i++, x += bytes) {
    let j: usize = 0;
    for (; j < whole; j += 16) v128.store(x + j, f32x4.sub(v128.load(x + j), v128.load(row + j)));
    for (; j < bytes; j += 4) store<f32>(x + j, load<f32>(x + j) - load<f32>(row + j));
  }
}
