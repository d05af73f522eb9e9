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

/**
 * Adds the gradient of the nine taps from one output row, under the conditions of {@link depthwiseRow3} and for rows of
 * two pixels or more.
 *
 * @param at - The first pixel of the upper input row.
 * @param width - Pixels of a row.
 * @param g - The first gradient of the output row.
 * @param sum - The sums of the first tap.
 */
export function depthwiseFilterGradRow3(at: usize, line: usize, pixel: usize, width: i32, g: usize, sum: usize): void {
  for (let c: usize = 0; c < pixel; c += 16) slideGradient(at + c, line, pixel, g + c, g + c + <usize>(width - 1) * pixel, sum + c);
}

/**
 * Four channels. The nine sums stay in registers: 4 loads for 9 multiply-adds. Exported for the same reason as
 * {@link slide}.
 *
 * @param last - The last gradient of the row.
 */
export function slideGradient(at: usize, line: usize, pixel: usize, g: usize, last: usize, sum: usize): void {
  let t = sum;
  let s00 = v128.load(t); t += pixel;
  let s01 = v128.load(t); t += pixel;
  let s02 = v128.load(t); t += pixel;
  let s10 = v128.load(t); t += pixel;
  let s11 = v128.load(t); t += pixel;
  let s12 = v128.load(t); t += pixel;
  let s20 = v128.load(t); t += pixel;
  let s21 = v128.load(t); t += pixel;
  let s22 = v128.load(t);
  let before = v128.load(g), here = before, after = v128.load(g + pixel);
  let x = v128.load(at);
  s01 = madd(x, here, s01);
  s00 = madd(x, after, s00);
  x = v128.load(at + line);
  s11 = madd(x, here, s11);
  s10 = madd(x, after, s10);
  x = v128.load(at + 2 * line);
  s21 = madd(x, here, s21);
  s20 = madd(x, after, s20);
  for (g += pixel, at += pixel; g < last; g += pixel, at += pixel) {
    before = here;
    here = after;
    after = v128.load(g + pixel);
    x = v128.load(at);
    s00 = madd(x, after, s00);
    s01 = madd(x, here, s01);
    s02 = madd(x, before, s02);
    x = v128.load(at + line);
    s10 = madd(x, after, s10);
    s11 = madd(x, here, s11);
    s12 = madd(x, before, s12);
    x = v128.load(at + 2 * line);
    s20 = madd(x, after, s20);
    s21 = madd(x, here, s21);
    s22 = madd(x, before, s22);
  }
  x = v128.load(at);
  s01 = madd(x, after, s01);
  s02 = madd(x, here, s02);
  x = v128.load(at + line);
  s11 = madd(x, after, s11);
  s12 = madd(x, here, s12);
  x = v128.load(at + 2 * line);
  s21 = madd(x, after, s21);
  s22 = madd(x, here, s22);
  t = sum;
  v128.store(t, s00); t += pixel;
  v128.store(t, s01); t += pixel;
  v128.store(t, s02); t += pixel;
  v128.store(t, s10); t += pixel;
  v128.store(t, s11); t += pixel;
  v128.store(t, s12); t += pixel;
  v128.store(t, s20); t += pixel;
  v128.store(t, s21); t += pixel;
  v128.store(t, s22);
}
