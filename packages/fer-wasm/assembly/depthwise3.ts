import { madd } from './madd';

/** Bytes of an input row per block: three rows and the output stay in L1 while all channels pass over them. */
const BLOCK: usize = 6144;

/**
 * One output row of a depthwise 3×3 convolution with stride 1 and padding 1, whose three input rows all lie in the
 * image; whole vectors of channels.
 *
 * @param at - The first pixel of the upper input row.
 * @param line - Bytes from one input row to the next.
 * @param pixel - Bytes from one pixel to the next.
 * @param f - The first tap. The next one is `tap` bytes further, which is negative for a rotated filter.
 * @param bias - A float for each channel, or 0 for none.
 * @param limits - Two floats: the outputs are clamped to them.
 * @param to - The first output.
 */
export function depthwiseRow3(
  at: usize, line: usize, pixel: usize, f: usize, tap: usize, bias: usize, limits: usize, to: usize,
): void {
  const block = max(pixel * 8, BLOCK / pixel * pixel);
  for (let from: usize = 0; from < line; from += block) {
    const end = min(line, from + block);
    for (let c: usize = 0; c < pixel; c += 16) {
      const p = at + from + c;
      slide(p, at + end + c, from > 0, end < line, line, pixel, f + c, tap, bias ? bias + c : 0, limits, to + from + c);
    }
  }
}

/**
 * Four channels of the pixels from `at` to `end`. Slides along the row: the nine taps stay in registers, and each input
 * pixel is loaded once (3 loads for 9 multiply-adds) and added to the sums of its three outputs. The function is
 * exported so that the optimiser doesn't inline it into its caller, where V8 would spill the taps.
 *
 * @param before - Whether there is a pixel before the first one; `after` likewise.
 */
export function slide(
  at: usize, end: usize, before: bool, after: bool,
  line: usize, pixel: usize, f: usize, tap: usize, bias: usize, limits: usize, to: usize,
): void {
  const w00 = v128.load(f), w01 = v128.load(f + tap), w02 = v128.load(f + 2 * tap);
  f += 3 * tap;
  const w10 = v128.load(f), w11 = v128.load(f + tap), w12 = v128.load(f + 2 * tap);
  f += 3 * tap;
  const w20 = v128.load(f), w21 = v128.load(f + tap), w22 = v128.load(f + 2 * tap);
  const start = bias ? v128.load(bias) : f32x4.splat(0);
  // The sums of the output at pixel `at`, and of the one after it.
  let here = start, next = start, x = start;
  if (before) {
    const left = at - pixel;
    here = madd(v128.load(left), w00, here);
    here = madd(v128.load(left + line), w10, here);
    here = madd(v128.load(left + 2 * line), w20, here);
  }
  x = v128.load(at);
  here = madd(x, w01, here);
  next = madd(x, w00, next);
  x = v128.load(at + line);
  here = madd(x, w11, here);
  next = madd(x, w10, next);
  x = v128.load(at + 2 * line);
  here = madd(x, w21, here);
  next = madd(x, w20, next);
  for (at += pixel; at < end; at += pixel, to += pixel) {
    x = v128.load(at);
    let done = madd(x, w02, here);
    here = madd(x, w01, next);
    next = madd(x, w00, start);
    x = v128.load(at + line);
    done = madd(x, w12, done);
    here = madd(x, w11, here);
    next = madd(x, w10, next);
    x = v128.load(at + 2 * line);
    done = madd(x, w22, done);
    here = madd(x, w21, here);
    next = madd(x, w20, next);
    v128.store(to, f32x4.min(f32x4.max(done, v128.load32_splat(limits)), v128.load32_splat(limits, 4)));
  }
  if (after) {
    here = madd(v128.load(at), w02, here);
    here = madd(v128.load(at + line), w12, here);
    here = madd(v128.load(at + 2 * line), w22, here);
  }
  v128.store(to, f32x4.min(f32x4.max(here, v128.load32_splat(limits)), v128.load32_splat(limits, 4)));
}
