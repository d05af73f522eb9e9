import { depthwiseFilterGradRow3, depthwiseRow3 } from './depthwise3';
import { madd } from './madd';
import { arg, CHUNKS, num, ptr, share, take } from './share';

/*
 * Depthwise convolutions (NHWC): every channel has its own filter. Filters are [height, width, channels]. For a depth
 * multiplier, the caller repeats the channels of x first.
 *
 * Channels don't share data, so nothing is packed. A vector holds channels, and the kernel handles sixteen of them (a
 * cache line) at a time. Two neighbouring outputs of a row share each tap (6 loads for 4 multiply-adds). The remaining
 * channels are handled four at a time, four outputs together. 3×3 taps at stride 1 have their own loop (depthwise3.ts).
 * Arithmetic intensity is low; memory bandwidth is the limit.
 *
 * The geometry, as words: n, height, width, channels, out height, out width, kernel height, kernel width, stride y, x,
 * pad top, left, dilation y, x.
 */
class Shape {
  n: i32; h: i32; w: i32; c: i32; oh: i32; ow: i32; kh: i32; kw: i32; sy: i32; sx: i32; top: i32; left: i32;
  dy: i32; dx: i32;
}

/** The first tap that lies inside the image, for a window that starts at position `at`. */
@inline
function firstTap(at: i32, dilation: i32): i32 {
  return at >= 0 ? 0 : (dilation - 1 - at) / dilation;
}

/** One past the last tap that lies inside the image. */
@inline
function endTap(at: i32, dilation: i32, taps: i32, size: i32): i32 {
  return at >= size ? 0 : min(taps, (size - 1 - at) / dilation + 1);
}

/** Whether the filter is 3×3, at stride 1 and with `same` padding, over whole vectors of channels. */
function slidesAlong(s: Shape): bool {
  return s.kh == 3 && s.kw == 3 && s.sy == 1 && s.sx == 1 && s.dy == 1 && s.dx == 1
    && s.top == 1 && s.left == 1 && s.oh == s.h && s.ow == s.w && (s.c & 3) == 0;
}

/**
 * y = depthwise(x, filter) (+ bias), clamped to [lowest, highest].
 *
 * Arguments: x, filter, y, bias (0: none), rotate (take the taps in reverse, as for the gradient of the input at stride
 * 1), lowest, highest (floats), then the geometry (14). Threads share the rows of output. Pads may be negative.
 */
export function depthwise(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), filter = ptr(args, 1), y = ptr(args, 2), bias = ptr(args, 3), rotate = arg(args, 4);
  const lowest = num(args, 5), highest = num(args, 6), s = changetype<Shape>(args + 28);
  const pixel = <usize>s.c * 4, line = <usize>s.w * pixel, vectors = <usize>(s.c & ~3) * 4;
  const low = f32x4.splat(lowest), high = f32x4.splat(highest);
  // Signed steps between taps, so that a rotated filter needs no copy.
  const taps = s.kh * s.kw, first = rotate ? filter + <usize>(taps - 1) * pixel : filter;
  const tap: usize = rotate ? 0 - pixel : pixel, tapLine = tap * <usize>s.kw;
  const stepX = <usize>s.sx * pixel, hop = <usize>s.dx * pixel, hopLine = <usize>s.dy * line;
  // The windows of outputs `inner0` to `inner1` don't leave the image to the left or right.
  const inner0 = min(s.ow, max(0, (s.left + s.sx - 1) / s.sx));
  const room = s.w - 1 - (s.kw - 1) * s.dx + s.left, inner1 = max(inner0, min(s.ow, room < 0 ? 0 : room / s.sx + 1));
  // The most common kind has a faster loop, for the rows whose windows don't leave the image above or below.
  const slides = slidesAlong(s);
  const chunks = CHUNKS * threads;
  for (let k = take(args, chunks, thread, threads); k >= 0; k = take(args, chunks, thread, threads)) {
    const end = share(s.n * s.oh, k + 1, chunks);
    for (let row = share(s.n * s.oh, k, chunks); row < end; row++) {
      const iy = (row % s.oh) * s.sy - s.top, k0 = firstTap(iy, s.dy), k1 = endTap(iy, s.dy, s.kh, s.h);
      const image = x + <usize>(row / s.oh) * <usize>s.h * line + (<usize>iy + <usize>(k0 * s.dy)) * line;
      const filterRow = first + <usize>k0 * tapLine, out = y + <usize>row * <usize>s.ow * pixel;
      if (slides && k1 - k0 == 3) {
        depthwiseRow3(image, line, pixel, first, tap, bias, args + 20, out);
        continue;
      }
      const lines = <usize>(s.c & ~15) * 4;
      for (let c: usize = 0; c < lines; c += 64) {
        for (let o = 0; o < s.ow;) {
          const ix = o * s.sx - s.left, to = out + <usize>o * pixel + c;
          const inside = o >= inner0 && o < inner1, pair = inside && o + 2 <= inner1;
          const j0 = inside ? 0 : firstTap(ix, s.dx), j1 = inside ? s.kw : endTap(ix, s.dx, s.kw, s.w);
          const at = image + (<usize>ix + <usize>(j0 * s.dx)) * pixel + c, f = filterRow + <usize>j0 * tap + c;
          if (pair) pixelPair(at, stepX, hop, hopLine, f, tap, tapLine, k1 - k0, s.kw, bias, c, to, pixel, low, high);
          else onePixel(at, hop, hopLine, f, tap, tapLine, k1 - k0, j1 - j0, bias, c, to, low, high);
          o += pair ? 2 : 1;
        }
      }
      for (let c = lines; c < vectors; c += 16) {
        const start = bias ? v128.load(bias + c) : f32x4.splat(0);
        let o = 0;
        while (o < s.ow) {
          const ix = o * s.sx - s.left, to = out + <usize>o * pixel + c;
          if (o >= inner0 && o + 4 <= inner1) {
            let s0 = start, s1 = start, s2 = start, s3 = start;
            let at = image + <usize>ix * pixel + c, fl = filterRow + c;
            for (let k = k0; k < k1; k++, at += hopLine, fl += tapLine) {
              let p = at, f = fl;
              for (let j = 0; j < s.kw; j++, p += hop, f += tap) {
                const weight = v128.load(f);
                s0 = madd(v128.load(p), weight, s0);
                s1 = madd(v128.load(p + stepX), weight, s1);
                s2 = madd(v128.load(p + 2 * stepX), weight, s2);
                s3 = madd(v128.load(p + 3 * stepX), weight, s3);
              }
            }
            v128.store(to, f32x4.min(f32x4.max(s0, low), high));
            v128.store(to + pixel, f32x4.min(f32x4.max(s1, low), high));
            v128.store(to + 2 * pixel, f32x4.min(f32x4.max(s2, low), high));
            v128.store(to + 3 * pixel, f32x4.min(f32x4.max(s3, low), high));
            o += 4;
            continue;
          }
          const j0 = firstTap(ix, s.dx), j1 = endTap(ix, s.dx, s.kw, s.w);
          let sum = start;
          for (let k = k0; k < k1; k++) {
            let p = image + <usize>(k - k0) * hopLine + (<usize>ix + <usize>(j0 * s.dx)) * pixel + c;
            let f = filterRow + <usize>(k - k0) * tapLine + <usize>j0 * tap + c;
            for (let j = j0; j < j1; j++, p += hop, f += tap) sum = madd(v128.load(p), v128.load(f), sum);
          }
          v128.store(to, f32x4.min(f32x4.max(sum, low), high));
          o++;
        }
      }
      for (let c = vectors; c < pixel; c += 4) {
        for (let o = 0; o < s.ow; o++) {
          const ix = o * s.sx - s.left, j0 = firstTap(ix, s.dx), j1 = endTap(ix, s.dx, s.kw, s.w);
          let sum: f32 = bias ? load<f32>(bias + c) : 0;
          for (let k = k0; k < k1; k++) {
            let p = image + <usize>(k - k0) * hopLine + (<usize>ix + <usize>(j0 * s.dx)) * pixel + c;
            let f = filterRow + <usize>(k - k0) * tapLine + <usize>j0 * tap + c;
            for (let j = j0; j < j1; j++, p += hop, f += tap) sum += load<f32>(p) * load<f32>(f);
          }
          store<f32>(out + <usize>o * pixel + c, min<f32>(max<f32>(sum, lowest), highest));
        }
      }
    }
  }
}

/**
 * Sixteen channels (a cache line) of two neighbouring outputs whose windows lie inside: 6 loads for 4 multiply-adds.
 */
function pixelPair(
  at: usize, stepX: usize, hop: usize, hopLine: usize, f: usize, tap: usize, tapLine: usize, rows: i32, taps: i32,
  bias: usize, c: usize, to: usize, pixel: usize, low: v128, high: v128,
): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
  if (bias) {
    a0 = v128.load(bias + c);
    a1 = v128.load(bias + c, 16);
    a2 = v128.load(bias + c, 32);
    a3 = v128.load(bias + c, 48);
  }
  let b0 = a0, b1 = a1, b2 = a2, b3 = a3;
  for (let k = 0; k < rows; k++, at += hopLine, f += tapLine) {
    let p = at, w = f;
    for (let j = 0; j < taps; j++, p += hop, w += tap) {
      const q = p + stepX;
      const w0 = v128.load(w), w1 = v128.load(w, 16), w2 = v128.load(w, 32), w3 = v128.load(w, 48);
      a0 = madd(v128.load(p), w0, a0); b0 = madd(v128.load(q), w0, b0);
      a1 = madd(v128.load(p, 16), w1, a1); b1 = madd(v128.load(q, 16), w1, b1);
      a2 = madd(v128.load(p, 32), w2, a2); b2 = madd(v128.load(q, 32), w2, b2);
      a3 = madd(v128.load(p, 48), w3, a3); b3 = madd(v128.load(q, 48), w3, b3);
    }
  }
  const next = to + pixel;
  v128.store(to, f32x4.min(f32x4.max(a0, low), high));
  v128.store(to, f32x4.min(f32x4.max(a1, low), high), 16);
  v128.store(to, f32x4.min(f32x4.max(a2, low), high), 32);
  v128.store(to, f32x4.min(f32x4.max(a3, low), high), 48);
  v128.store(next, f32x4.min(f32x4.max(b0, low), high));
  v128.store(next, f32x4.min(f32x4.max(b1, low), high), 16);
  v128.store(next, f32x4.min(f32x4.max(b2, low), high), 32);
  v128.store(next, f32x4.min(f32x4.max(b3, low), high), 48);
}

/** Sixteen channels of one output. */
function onePixel(
  at: usize, hop: usize, hopLine: usize, f: usize, tap: usize, tapLine: usize, rows: i32, taps: i32,
  bias: usize, c: usize, to: usize, low: v128, high: v128,
): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
  if (bias) {
    a0 = v128.load(bias + c);
    a1 = v128.load(bias + c, 16);
    a2 = v128.load(bias + c, 32);
    a3 = v128.load(bias + c, 48);
  }
  for (let k = 0; k < rows; k++, at += hopLine, f += tapLine) {
    let p = at, w = f;
    for (let j = 0; j < taps; j++, p += hop, w += tap) {
      a0 = madd(v128.load(p), v128.load(w), a0);
      a1 = madd(v128.load(p, 16), v128.load(w, 16), a1);
      a2 = madd(v128.load(p, 32), v128.load(w, 32), a2);
      a3 = madd(v128.load(p, 48), v128.load(w, 48), a3);
    }
  }
  v128.store(to, f32x4.min(f32x4.max(a0, low), high));
  v128.store(to, f32x4.min(f32x4.max(a1, low), high), 16);
  v128.store(to, f32x4.min(f32x4.max(a2, low), high), 32);
  v128.store(to, f32x4.min(f32x4.max(a3, low), high), 48);
}

/**
 * The gradient of the input, at any stride: dx = Σ dy · filter over the taps that reach each pixel.
 *
 * Arguments: dy, filter, dx, scratch, bytes of scratch per thread (8 × taps), then the geometry (14) of the forward
 * pass. Threads share the rows of input. For each pixel, the kernel lists the taps that reach it once and uses the list
 * for all channels.
 */
export function depthwiseInputGrad(args: usize, thread: i32, threads: i32): void {
  const dy = ptr(args, 0), filter = ptr(args, 1), dx = ptr(args, 2), s = changetype<Shape>(args + 20);
  const list = ptr(args, 3) + ptr(args, 4) * <usize>thread;
  const pixel = <usize>s.c * 4, outLine = <usize>s.ow * pixel, vectors = <usize>(s.c & ~3) * 4, lines = <usize>(s.c & ~15) * 4;
  const end = share(s.n * s.h, thread + 1, threads);
  for (let row = share(s.n * s.h, thread, threads); row < end; row++) {
    const image = dy + <usize>(row / s.h * s.oh) * outLine, y = row % s.h + s.top;
    let to = dx + <usize>row * <usize>s.w * pixel;
    for (let ix = 0; ix < s.w; ix++, to += pixel) {
      let stop = list;
      for (let k = 0; k < s.kh; k++) {
        const oy = y - k * s.dy;
        if (oy < 0 || oy % s.sy != 0 || oy / s.sy >= s.oh) continue;
        for (let j = 0; j < s.kw; j++) {
          const ox = ix + s.left - j * s.dx;
          if (ox < 0 || ox % s.sx != 0 || ox / s.sx >= s.ow) continue;
          store<usize>(stop, image + <usize>(oy / s.sy) * outLine + <usize>(ox / s.sx) * pixel);
          store<usize>(stop, filter + <usize>(k * s.kw + j) * pixel, 4);
          stop += 8;
        }
      }
      for (let c: usize = 0; c < lines; c += 64) {
        let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
        for (let at = list; at < stop; at += 8) {
          const g = load<usize>(at) + c, f = load<usize>(at, 4) + c;
          a0 = madd(v128.load(g), v128.load(f), a0);
          a1 = madd(v128.load(g, 16), v128.load(f, 16), a1);
          a2 = madd(v128.load(g, 32), v128.load(f, 32), a2);
          a3 = madd(v128.load(g, 48), v128.load(f, 48), a3);
        }
        v128.store(to + c, a0);
        v128.store(to + c, a1, 16);
        v128.store(to + c, a2, 32);
        v128.store(to + c, a3, 48);
      }
      for (let c = lines; c < vectors; c += 16) {
        let a0 = f32x4.splat(0);
        for (let at = list; at < stop; at += 8) a0 = madd(v128.load(load<usize>(at) + c), v128.load(load<usize>(at, 4) + c), a0);
        v128.store(to + c, a0);
      }
      for (let c = vectors; c < pixel; c += 4) {
        let a0: f32 = 0;
        for (let at = list; at < stop; at += 8) a0 += load<f32>(load<usize>(at) + c) * load<f32>(load<usize>(at, 4) + c);
        store<f32>(to + c, a0);
      }
    }
  }
}

/**
 * The gradient of the filter, in parts: Σ x · dy over output pixels. A part is a fixed range of output rows, so that
 * the sums don't depend on the number of threads; partSumsOfFloats adds them up.
 *
 * Arguments: x, dy, sums (parts × taps × channels floats), parts, then the geometry (14). Threads share the parts.
 */
export function depthwiseFilterGrad(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), dy = ptr(args, 1), sums = ptr(args, 2), parts = arg(args, 3), s = changetype<Shape>(args + 16);
  const pixel = <usize>s.c * 4, line = <usize>s.w * pixel, size = <usize>(s.kh * s.kw) * pixel;
  const stepX = <usize>s.sx * pixel;
  const slides = slidesAlong(s) && s.w > 1;
  for (let part = take(args, parts, thread, threads); part >= 0; part = take(args, parts, thread, threads)) {
    const sum = sums + <usize>part * size, last = share(s.n * s.oh, part + 1, parts);
    memory.fill(sum, 0, size);
    for (let row = share(s.n * s.oh, part, parts); row < last; row++) {
      const iy = (row % s.oh) * s.sy - s.top, k0 = firstTap(iy, s.dy), k1 = endTap(iy, s.dy, s.kh, s.h);
      const image = x + <usize>(row / s.oh) * <usize>s.h * line, gradients = dy + <usize>row * <usize>s.ow * pixel;
      if (slides && k1 - k0 == 3) {
        depthwiseFilterGradRow3(image + <usize>iy * line, line, pixel, s.w, gradients, sum);
        continue;
      }
      for (let k = k0; k < k1; k++) {
        const source = image + <usize>(iy + k * s.dy) * line;
        for (let j = 0; j < s.kw; j++) {
          // For outputs o0 to o1, this tap lies inside the image.
          const offset = j * s.dx - s.left, o0 = offset >= 0 ? 0 : (s.sx - 1 - offset) / s.sx;
          const room = s.w - 1 - offset, o1 = room < 0 ? 0 : min(s.ow, room / s.sx + 1), count = o1 - o0;
          if (count <= 0) continue;
          const p = source + <usize>(o0 * s.sx + offset) * pixel, g = gradients + <usize>o0 * pixel;
          products(p, stepX, g, pixel, count, pixel, sum + <usize>(k * s.kw + j) * pixel);
        }
      }
    }
  }
}

/** Adds Σ p · g over `count` pixels to the sum of each channel; the pixels of p are `step` bytes apart. */
function products(p: usize, step: usize, g: usize, pixel: usize, count: i32, channels: usize, sum: usize): void {
  let c: usize = 0;
  for (; c + 64 <= channels; c += 64) {
    let s0 = v128.load(sum + c), s1 = v128.load(sum + c, 16), s2 = v128.load(sum + c, 32), s3 = v128.load(sum + c, 48);
    let a = p + c, b = g + c;
    for (let i = 0; i < count; i++, a += step, b += pixel) {
      s0 = madd(v128.load(a), v128.load(b), s0);
      s1 = madd(v128.load(a, 16), v128.load(b, 16), s1);
      s2 = madd(v128.load(a, 32), v128.load(b, 32), s2);
      s3 = madd(v128.load(a, 48), v128.load(b, 48), s3);
    }
    v128.store(sum + c, s0);
    v128.store(sum + c, s1, 16);
    v128.store(sum + c, s2, 32);
    v128.store(sum + c, s3, 48);
  }
  for (; c + 16 <= channels; c += 16) {
    let s0 = v128.load(sum + c), a = p + c, b = g + c;
    for (let i = 0; i < count; i++, a += step, b += pixel) s0 = madd(v128.load(a), v128.load(b), s0);
    v128.store(sum + c, s0);
  }
  for (; c < channels; c += 4) {
    let s0 = load<f32>(sum + c), a = p + c, b = g + c;
    for (let i = 0; i < count; i++, a += step, b += pixel) s0 += load<f32>(a) * load<f32>(b);
    store<f32>(sum + c, s0);
  }
}

/** Adds up parts of floats in double precision. Arguments: sums (parts × size), to, size, parts. */
export function partSumsOfFloats(args: usize, thread: i32, threads: i32): void {
  const sums = ptr(args, 0), to = ptr(args, 1), size = arg(args, 2), parts = arg(args, 3);
  const end = share(size, thread + 1, threads);
  for (let i = share(size, thread, threads); i < end; i++) {
    let sum: f64 = 0;
    for (let part = 0; part < parts; part++) sum += <f64>load<f32>(sums + (<usize>part * <usize>size + <usize>i) * 4);
    store<f32>(to + <usize>i * 4, <f32>sum);
  }
}

/** y[row][c · times + i] = x[row][c]. Arguments: x, y, rows × channels, times. Threads share the elements of x. */
export function repeatChannels(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 1), size = arg(args, 2), times = arg(args, 3);
  const end = share(size, thread + 1, threads);
  for (let i = share(size, thread, threads); i < end; i++) {
    const value = load<f32>(x + <usize>i * 4), to = y + <usize>i * <usize>times * 4;
    for (let j = 0; j < times; j++) store<f32>(to + j * 4, value);
  }
}

/** The gradient of repeatChannels: x[row][c] = Σ y[row][c · times + i]. Same arguments. */
export function sumRepeated(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 1), size = arg(args, 2), times = arg(args, 3);
  const end = share(size, thread + 1, threads);
  for (let i = share(size, thread, threads); i < end; i++) {
    const from = y + <usize>i * <usize>times * 4;
    let sum: f32 = 0;
    for (let j = 0; j < times; j++) sum += load<f32>(from + j * 4);
    store<f32>(x + <usize>i * 4, sum);
  }
}
