import { madd } from './madd';
import { arg, CHUNKS, ptr, share, take } from './share';

/**
 * Max pooling (NHWC). NaN propagates. Pixels outside the image are ignored; a window that lies completely outside gives
 * −∞.
 *
 * Arguments: x, y, n, height, width, channels, out height, out width, window height, width, stride y, x, pad top, left,
 * coefficients (0: none; a and b of each channel: pools a·x + b, for a multiple of 8 channels). Threads share the rows of
 * output.
 */
export function maxPool(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 1), n = arg(args, 2), h = arg(args, 3), w = arg(args, 4), channels = arg(args, 5);
  const oh = arg(args, 6), ow = arg(args, 7), kh = arg(args, 8), kw = arg(args, 9), sy = arg(args, 10), sx = arg(args, 11);
  const pixel = <usize>channels * 4, line = <usize>w * pixel, vectors = <usize>(channels & ~3) * 4;
  const padTop = arg(args, 12), padLeft = arg(args, 13), factors = ptr(args, 14), shifts = factors + pixel;
  const pairs = pixel & ~31, halves = !factors && kh == 2 && kw == 2 && sy == 2 && sx == 2 && padTop == 0 && padLeft == 0
    && 2 * oh <= h && 2 * ow <= w && vectors == pixel;
  const chunks = CHUNKS * threads;
  for (let k = take(args, chunks, thread, threads); k >= 0; k = take(args, chunks, thread, threads)) {
    const end = share(n * oh, k + 1, chunks);
    for (let row = share(n * oh, k, chunks); row < end; row++) {
      const image = x + <usize>((row / oh) * h) * line, i = (row % oh) * sy - padTop;
      const top = max(0, i), bottom = min(h, i + kh);
      let to = y + <usize>(row * ow) * pixel;
      if (halves) {
        halveRow(image + <usize>i * line, line, pixel, to, to + <usize>ow * pixel);
        continue;
      }
      for (let j = 0; j < ow; j++, to += pixel) {
        const left = max(0, j * sx - padLeft), right = min(w, j * sx - padLeft + kw);
        const corner = image + <usize>top * line + <usize>left * pixel;
        for (let c: usize = 0; c < pairs; c += 32) {
          largest(corner + c, line, pixel, bottom - top, right - left, factors ? factors + c : 0, shifts + c, to + c);
        }
        for (let c = pairs; c < pixel; c += c < vectors ? 16 : 4) {
          if (c < vectors) {
            let best = f32x4.splat(-Infinity);
            for (let a = top; a < bottom; a++) {
              const from = image + <usize>a * line + c;
              for (let b = left; b < right; b++) best = f32x4.max(best, v128.load(from + <usize>b * pixel));
            }
            v128.store(to + c, best);
          } else {
            let best: f32 = -Infinity;
            for (let a = top; a < bottom; a++) {
              const from = image + <usize>a * line + c;
              for (let b = left; b < right; b++) best = max<f32>(best, load<f32>(from + <usize>b * pixel));
            }
            store<f32>(to + c, best);
          }
        }
      }
    }
  }
}

/**
 * Eight channels of one window. The largest a·x + b is that of the largest x, or of the smallest where a is negative:
 * there the signs are turned.
 */
function largest(
  at: usize, line: usize, pixel: usize, rows: i32, columns: i32, factors: usize, shifts: usize, to: usize,
): void {
  let best0 = f32x4.splat(-Infinity), best1 = best0, turn0 = i32x4.splat(0), turn1 = turn0;
  if (factors) {
    const sign = i32x4.splat(0x80000000);
    turn0 = v128.and(v128.load(factors), sign);
    turn1 = v128.and(v128.load(factors, 16), sign);
  }
  for (let i = 0; i < rows; i++, at += line) {
    let p = at;
    for (let j = 0; j < columns; j++, p += pixel) {
      best0 = f32x4.max(best0, v128.xor(v128.load(p), turn0));
      best1 = f32x4.max(best1, v128.xor(v128.load(p, 16), turn1));
    }
  }
  if (factors && rows > 0 && columns > 0) {
    best0 = madd(v128.xor(best0, turn0), v128.load(factors), v128.load(shifts));
    best1 = madd(v128.xor(best1, turn1), v128.load(factors, 16), v128.load(shifts, 16));
  }
  v128.store(to, best0);
  v128.store(to, best1, 16);
}

/** One row of 2×2 windows that lie side by side, for whole vectors of channels. */
function halveRow(from: usize, line: usize, pixel: usize, to: usize, end: usize): void {
  while (to < end) {
    for (const next = from + pixel; from < next; from += 16, to += 16) {
      const upper = f32x4.max(v128.load(from), v128.load(from + pixel)), below = from + line;
      v128.store(to, f32x4.max(upper, f32x4.max(v128.load(below), v128.load(below + pixel))));
    }
    from += pixel;
  }
}

/**
 * The gradient of maxPool for windows without padding that don't overlap: dy goes to the first element of the window
 * that equals y.
 *
 * Arguments: x, y, dy, dx, then as maxPool from n. Threads share the rows of input, each of which belongs to at most
 * one row of output.
 */
export function maxPoolGrad(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 1), dy = ptr(args, 2), dx = ptr(args, 3), n = arg(args, 4);
  const h = arg(args, 5), w = arg(args, 6), channels = arg(args, 7), oh = arg(args, 8), ow = arg(args, 9);
  const kh = arg(args, 10), kw = arg(args, 11), sy = arg(args, 12), sx = arg(args, 13);
  const pixel = <usize>channels * 4, line = <usize>w * pixel, vectors = <usize>(channels & ~3) * 4;
  const end = share(n * oh, thread + 1, threads);
  for (let row = share(n * oh, thread, threads); row < end; row++) {
    const image = row / oh, i = row % oh;
    const at = <usize>(image * h + i * sy) * line, next = i + 1 < oh ? at + <usize>sy * line : <usize>((image + 1) * h) * line;
    memory.fill(dx + at, 0, next - at);
    let out = <usize>(row * ow) * pixel;
    for (let j = 0; j < ow; j++, out += pixel) {
      const window = at + <usize>(j * sx) * pixel;
      for (let c: usize = 0; c < pixel; c += c < vectors ? 16 : 4) {
        if (c < vectors) {
          const best = v128.load(y + out + c), gradient = v128.load(dy + out + c);
          let free = i32x4.splat(-1);
          for (let a = 0; a < kh; a++) {
            for (let b = 0; b < kw; b++) {
              const p = window + <usize>a * line + <usize>b * pixel + c;
              const hit = v128.and(f32x4.eq(v128.load(x + p), best), free);
              v128.store(dx + p, v128.and(gradient, hit));
              free = v128.andnot(free, hit);
            }
          }
        } else {
          const best = load<f32>(y + out + c);
          let free = true;
          for (let a = 0; a < kh; a++) {
            for (let b = 0; b < kw; b++) {
              const p = window + <usize>a * line + <usize>b * pixel + c;
              const hit = free && load<f32>(x + p) == best;
              store<f32>(dx + p, hit ? load<f32>(dy + out + c) : 0);
              free = free && !hit;
            }
          }
        }
      }
    }
  }
}

/**
 * The gradient for any windows: dy is added to the first element of the window that equals y. Arguments as maxPoolGrad,
 * then pad top, left, coefficients as of maxPool. Threads share the images.
 */
export function maxPoolGradAny(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 1), dy = ptr(args, 2), dx = ptr(args, 3), n = arg(args, 4);
  const h = arg(args, 5), w = arg(args, 6), channels = arg(args, 7), oh = arg(args, 8), ow = arg(args, 9);
  const kh = arg(args, 10), kw = arg(args, 11), sy = arg(args, 12), sx = arg(args, 13);
  const padTop = arg(args, 14), padLeft = arg(args, 15), factors = ptr(args, 16), shifts = factors + <usize>channels * 4;
  const pixel = <usize>channels * 4, line = <usize>w * pixel, vectors = pixel & ~15, pairs = pixel & ~31;
  for (let image = take(args, n, thread, threads); image >= 0; image = take(args, n, thread, threads)) {
    const base = <usize>(image * h) * line;
    memory.fill(dx + base, 0, <usize>h * line);
    let out = <usize>(image * oh * ow) * pixel;
    for (let i = 0; i < oh; i++) {
      const top = max(0, i * sy - padTop), bottom = min(h, i * sy - padTop + kh);
      for (let j = 0; j < ow; j++, out += pixel) {
        const left = max(0, j * sx - padLeft), right = min(w, j * sx - padLeft + kw);
        const corner = <usize>top * line + <usize>left * pixel;
        for (let c: usize = 0; c < pairs; c += 32) {
          spread(x + base + corner + c, dx + base + corner + c, line, pixel, bottom - top, right - left,
            factors ? factors + c : 0, shifts + c, y + out + c, dy + out + c);
        }
        for (let c = pairs; c < vectors; c += 16) {
          const best = v128.load(y + out + c), gradient = v128.load(dy + out + c);
          // The lanes that have not found their element yet.
          let free = i32x4.splat(-1);
          for (let a = top; a < bottom; a++) {
            let p = base + <usize>a * line + <usize>left * pixel + c;
            for (let b = left; b < right; b++, p += pixel) {
              const found = v128.and(free, f32x4.eq(v128.load(x + p), best));
              free = v128.andnot(free, found);
              v128.store(dx + p, v128.add<f32>(v128.load(dx + p), v128.and(gradient, found)));
            }
          }
        }
        for (let c = vectors; c < pixel; c += 4) {
          const best = load<f32>(y + out + c);
          let free = true;
          for (let a = top; free && a < bottom; a++) {
            for (let b = left; free && b < right; b++) {
              const p = base + <usize>a * line + <usize>b * pixel + c;
              if (load<f32>(x + p) == best) {
                store<f32>(dx + p, load<f32>(dx + p) + load<f32>(dy + out + c));
                free = false;
              }
            }
          }
        }
      }
    }
  }
}

/** Eight channels of one window of maxPoolGradAny. */
function spread(
  x: usize, dx: usize, line: usize, pixel: usize, rows: i32, columns: i32, factors: usize, shifts: usize, y: usize, dy: usize,
): void {
  const best0 = v128.load(y), best1 = v128.load(y, 16), gradient0 = v128.load(dy), gradient1 = v128.load(dy, 16);
  let a0 = f32x4.splat(1), a1 = a0, b0 = f32x4.splat(0), b1 = b0;
  if (factors) {
    a0 = v128.load(factors);
    a1 = v128.load(factors, 16);
    b0 = v128.load(shifts);
    b1 = v128.load(shifts, 16);
  }
  // The lanes that have not found their element yet.
  let free0 = i32x4.splat(-1), free1 = free0;
  for (let i = 0; i < rows; i++, x += line, dx += line) {
    for (let j: usize = 0; j < <usize>columns * pixel; j += pixel) {
      const found0 = v128.and(free0, f32x4.eq(madd(v128.load(x + j), a0, b0), best0));
      const found1 = v128.and(free1, f32x4.eq(madd(v128.load(x + j, 16), a1, b1), best1));
      free0 = v128.andnot(free0, found0);
      free1 = v128.andnot(free1, found1);
      v128.store(dx + j, v128.add<f32>(v128.load(dx + j), v128.and(gradient0, found0)));
      v128.store(dx + j, v128.add<f32>(v128.load(dx + j, 16), v128.and(gradient1, found1)), 16);
    }
  }
}

/**
 * Average pooling (NHWC): the mean over the part of the window that lies inside the image, or 0 if no part does.
 *
 * Arguments as maxPool. Threads share the rows of output.
 */
export function avgPool(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 1), n = arg(args, 2), h = arg(args, 3), w = arg(args, 4), channels = arg(args, 5);
  const oh = arg(args, 6), ow = arg(args, 7), kh = arg(args, 8), kw = arg(args, 9), sy = arg(args, 10), sx = arg(args, 11);
  const pixel = <usize>channels * 4, line = <usize>w * pixel, vectors = <usize>(channels & ~3) * 4;
  const padTop = arg(args, 12), padLeft = arg(args, 13);
  const end = share(n * oh, thread + 1, threads);
  for (let row = share(n * oh, thread, threads); row < end; row++) {
    const image = x + <usize>((row / oh) * h) * line, i = (row % oh) * sy - padTop;
    const top = max(0, i), bottom = min(h, i + kh);
    let to = y + <usize>(row * ow) * pixel;
    for (let j = 0; j < ow; j++, to += pixel) {
      const left = max(0, j * sx - padLeft), right = min(w, j * sx - padLeft + kw);
      const factor: f32 = <f32>1 / <f32>max(1, (bottom - top) * (right - left));
      for (let c: usize = 0; c < pixel; c += c < vectors ? 16 : 4) {
        if (c < vectors) {
          let sum = f32x4.splat(0);
          for (let a = top; a < bottom; a++) {
            const from = image + <usize>a * line + c;
            for (let b = left; b < right; b++) sum = v128.add<f32>(sum, v128.load(from + <usize>b * pixel));
          }
          v128.store(to + c, v128.mul<f32>(sum, f32x4.splat(factor)));
        } else {
          let sum: f32 = 0;
          for (let a = top; a < bottom; a++) {
            const from = image + <usize>a * line + c;
            for (let b = left; b < right; b++) sum += load<f32>(from + <usize>b * pixel);
          }
          store<f32>(to + c, sum * factor);
        }
      }
    }
  }
}

/**
 * The gradient of average pooling: dy, divided by the number of the window's pixels inside the image, is added to each
 * of them.
 *
 * Arguments: dy, dx, then as maxPool from n. Threads share the images.
 */
export function avgPoolGrad(args: usize, thread: i32, threads: i32): void {
  const dy = ptr(args, 0), dx = ptr(args, 1), n = arg(args, 2), h = arg(args, 3), w = arg(args, 4), channels = arg(args, 5);
  const oh = arg(args, 6), ow = arg(args, 7), kh = arg(args, 8), kw = arg(args, 9), sy = arg(args, 10), sx = arg(args, 11);
  const pixel = <usize>channels * 4, line = <usize>w * pixel, vectors = <usize>(channels & ~3) * 4;
  const padTop = arg(args, 12), padLeft = arg(args, 13);
  const end = share(n, thread + 1, threads);
  for (let image = share(n, thread, threads); image < end; image++) {
    const base = dx + <usize>(image * h) * line;
    memory.fill(base, 0, <usize>h * line);
    let gradient = dy + <usize>(image * oh * ow) * pixel;
    for (let i = 0; i < oh; i++) {
      const top = max(0, i * sy - padTop), bottom = min(h, i * sy - padTop + kh);
      for (let j = 0; j < ow; j++, gradient += pixel) {
        const left = max(0, j * sx - padLeft), right = min(w, j * sx - padLeft + kw);
        const factor: f32 = <f32>1 / <f32>max(1, (bottom - top) * (right - left)), factors = f32x4.splat(factor);
        for (let a = top; a < bottom; a++) {
          for (let b = left; b < right; b++) {
            const to = base + <usize>a * line + <usize>b * pixel;
            for (let c: usize = 0; c < vectors; c += 16) {
              v128.store(to + c, v128.add<f32>(v128.load(to + c), v128.mul<f32>(v128.load(gradient + c), factors)));
            }
            for (let c = vectors; c < pixel; c += 4) {
              store<f32>(to + c, load<f32>(to + c) + load<f32>(gradient + c) * factor);
            }
          }
        }
      }
    }
  }
}
