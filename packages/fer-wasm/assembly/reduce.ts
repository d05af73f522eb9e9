import { columnSums } from './batchnorm';
import { arg, num, ptr, share } from './share';

/** How many rows are summed in single precision before the sum is added to the double-precision total. */
const BLOCK: i32 = 128;

/**
 * Sums over the middle axis of outer × middle × inner, times a factor: y[o][i] = factor · Σ x[o][m][i].
 *
 * Arguments: x, y, outer, middle, inner, factor (float), scratch, bytes of scratch per thread (12 × inner). Threads
 * share the outer axis.
 */
export function sumMiddle(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 1), outer = arg(args, 2), middle = arg(args, 3), inner = arg(args, 4);
  const factor = <f64>num(args, 5), totals = ptr(args, 6) + ptr(args, 7) * <usize>thread;
  const sums = totals + <usize>inner * 8, line = <usize>inner * 4;
  const end = share(outer, thread + 1, threads);
  for (let o = share(outer, thread, threads); o < end; o++) {
    const from = x + <usize>o * <usize>middle * line, to = y + <usize>o * line;
    if (inner == 1) {
      store<f32>(to, <f32>(lineSum(from, middle) * factor));
      continue;
    }
    memory.fill(totals, 0, <usize>inner * 8);
    for (let m = 0; m < middle; m += BLOCK) {
      columnSums(from + <usize>m * line, min(BLOCK, middle - m), inner, sums);
      for (let i = 0; i < inner; i++) store<f64>(totals + i * 8, load<f64>(totals + i * 8) + <f64>load<f32>(sums + i * 4));
    }
    for (let i = 0; i < inner; i++) store<f32>(to + i * 4, <f32>(load<f64>(totals + i * 8) * factor));
  }
}

/** The sum of contiguous floats: blocks in single precision, their total in double precision. */
function lineSum(x: usize, count: i32): f64 {
  let total: f64 = 0;
  for (let i = 0; i < count; i += 1024) {
    const n = min(1024, count - i), vectors = <usize>(n & ~7) * 4, from = x + <usize>i * 4;
    let s0 = f32x4.splat(0), s1 = s0;
    for (let j: usize = 0; j < vectors; j += 32) {
      s0 = v128.add<f32>(s0, v128.load(from + j));
      s1 = v128.add<f32>(s1, v128.load(from + j, 16));
    }
    s0 = v128.add<f32>(s0, s1);
    let sum = f32x4.extract_lane(s0, 0) + f32x4.extract_lane(s0, 1) + (f32x4.extract_lane(s0, 2) + f32x4.extract_lane(s0, 3));
    for (let j = vectors; j < <usize>n * 4; j += 4) sum += load<f32>(from + j);
    total += <f64>sum;
  }
  return total;
}

/**
 * Fills outer × middle × inner with y[o][m][i] = factor · x[o][i]: the gradient of sumMiddle.
 *
 * Arguments: x, y, outer, middle, inner, factor (float). Threads share the outer × middle lines.
 */
export function spreadMiddle(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 1), outer = arg(args, 2), middle = arg(args, 3), inner = arg(args, 4);
  const factor = num(args, 5), factors = f32x4.splat(factor), line = <usize>inner * 4, vectors = <usize>(inner & ~3) * 4;
  const lines = outer * middle, end = share(lines, thread + 1, threads);
  for (let l = share(lines, thread, threads); l < end; l++) {
    const from = x + <usize>(l / middle) * line, to = y + <usize>l * line;
    for (let i: usize = 0; i < vectors; i += 16) v128.store(to + i, v128.mul<f32>(v128.load(from + i), factors));
    for (let i = vectors; i < line; i += 4) store<f32>(to + i, load<f32>(from + i) * factor);
  }
}
