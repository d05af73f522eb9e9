import { arg, ptr, share } from './share';

/**
 * Packs eight columns of a row-major matrix (`ld` floats per row) into a panel, k × 8. Missing columns are filled with
 * zeros.
 */
export function packPanel(b: usize, ld: i32, k: i32, columns: i32, to: usize): void {
  const step = <usize>ld * 4;
  if (columns == 8) {
    for (let i = 0; i < k; i++, b += step, to += 32) {
      v128.store(to, v128.load(b));
      v128.store(to, v128.load(b, 16), 16);
    }
    return;
  }
  for (let i = 0; i < k; i++, b += step, to += 32) {
    for (let j = 0; j < 8; j++) store<f32>(to + j * 4, j < columns ? load<f32>(b + j * 4) : 0);
  }
}

/** Packs eight rows of a row-major matrix (`ld` floats per row), k floats of each, transposed into a panel, k × 8. */
export function packTransposed(b: usize, ld: i32, k: i32, rows: i32, to: usize): void {
  const step = <usize>ld * 4;
  let i = 0;
  if (rows == 8) {
    for (; i + 4 <= k; i += 4, b += 16, to += 128) {
      transpose4(b, step, to, 32);
      transpose4(b + 4 * step, step, to + 16, 32);
    }
  }
  for (; i < k; i++, b += 4, to += 32) {
    for (let j = 0; j < 8; j++) store<f32>(to + j * 4, j < rows ? load<f32>(b + <usize>j * step) : 0);
  }
}

/** Transposes four rows of a matrix, `step` bytes apart, four columns of each, into rows `apart` bytes apart. */
@inline
export function transpose4(from: usize, step: usize, to: usize, apart: usize): void {
  const r0 = v128.load(from), r1 = v128.load(from + step), r2 = v128.load(from + 2 * step), r3 = v128.load(from + 3 * step);
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
  v128.store(to + apart, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7));
  v128.store(to + 2 * apart, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5));
  v128.store(to + 3 * apart, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7));
}

/**
 * Packs a convolution's filter (HWIO) into panels, [out / 8][k × 8].
 *
 * Arguments: filter, target, taps (kernel height × width), in, out, rotate. With `rotate`, packs the filter of the
 * transposed convolution: rotated by 180°, with in and out exchanged. Threads share the panels.
 */
export function packFilter(args: usize, thread: i32, threads: i32): void {
  const filter = ptr(args, 0), to = ptr(args, 1), taps = arg(args, 2), cin = arg(args, 3), cout = arg(args, 4);
  const rotate = arg(args, 5);
  const k = taps * (rotate ? cout : cin), n = rotate ? cin : cout, panels = (n + 7) / 8;
  const end = share(panels, thread + 1, threads);
  for (let p = share(panels, thread, threads); p < end; p++) {
    const columns = min(8, n - p * 8);
    let panel = to + <usize>(p * k) * 32;
    if (!rotate) {
      packPanel(filter + <usize>p * 32, cout, k, columns, panel);
      continue;
    }
    for (let t = taps - 1; t >= 0; t--, panel += <usize>cout * 32) {
      packTransposed(filter + <usize>((t * cin + p * 8) * cout) * 4, cout, cout, columns, panel);
    }
  }
}

/**
 * Packs the taps of a filter (HWIO) that one phase of a strided convolution's input gradient uses, rotated by 180° and
 * with in and out exchanged, into panels [in / 8][taps × out × 8].
 *
 * Arguments: filter, target, in, out, kernel width, first tap y, x, step y, x, taps y, x. Threads share the panels.
 */
export function packPhase(args: usize, thread: i32, threads: i32): void {
  const filter = ptr(args, 0), to = ptr(args, 1), cin = arg(args, 2), cout = arg(args, 3), kw = arg(args, 4);
  const firstY = arg(args, 5), firstX = arg(args, 6), stepY = arg(args, 7), stepX = arg(args, 8);
  const tapsY = arg(args, 9), tapsX = arg(args, 10), panels = (cin + 7) / 8;
  const end = share(panels, thread + 1, threads);
  for (let p = share(panels, thread, threads); p < end; p++) {
    let panel = to + <usize>(p * tapsY * tapsX * cout) * 32;
    for (let i = tapsY - 1; i >= 0; i--) {
      for (let j = tapsX - 1; j >= 0; j--, panel += <usize>cout * 32) {
        const tap = (firstY + i * stepY) * kw + firstX + j * stepX;
        packTransposed(filter + <usize>((tap * cin + p * 8) * cout) * 4, cout, cout, min(8, cin - p * 8), panel);
      }
    }
  }
}

/**
 * Assembles an image from its phases: pixel (y, x) is pixel (y / step y, x / step x) of the phase (y mod step y, x mod
 * step x).
 *
 * Arguments: target, n, height, width, channels, step y, step x, then the address of each phase, row by row (0: zeros).
 * Threads share the rows.
 */
export function interleave(args: usize, thread: i32, threads: i32): void {
  const to = ptr(args, 0), n = arg(args, 1), h = arg(args, 2), w = arg(args, 3), pixel = <usize>arg(args, 4) * 4;
  const stepY = arg(args, 5), stepX = arg(args, 6), vectors = pixel & ~15, end = share(n * h, thread + 1, threads);
  for (let row = share(n * h, thread, threads); row < end; row++) {
    const y = row % h, phaseY = y % stepY, lines = (h - phaseY + stepY - 1) / stepY;
    for (let x = 0; x < min(stepX, w); x++) {
      const phase = ptr(args, 7 + <usize>(phaseY * stepX + x)), columns = (w - x + stepX - 1) / stepX;
      let from = phase + <usize>((row / h * lines + y / stepY) * columns) * pixel;
      let at = to + <usize>(row * w + x) * pixel;
      for (let i = 0; i < columns; i++, from += pixel, at += <usize>stepX * pixel) {
        if (!phase) {
          for (let c: usize = 0; c < vectors; c += 16) v128.store(at + c, f32x4.splat(0));
          for (let c = vectors; c < pixel; c += 4) store<f32>(at + c, 0);
          continue;
        }
        for (let c: usize = 0; c < vectors; c += 16) v128.store(at + c, v128.load(from + c));
        for (let c = vectors; c < pixel; c += 4) store<f32>(at + c, load<f32>(from + c));
      }
    }
  }
}
