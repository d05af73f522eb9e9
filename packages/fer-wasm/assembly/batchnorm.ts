import { madd } from './madd';
import { arg, num, ptr, share, take } from './share';

/** How many rows are summed in single precision before the sum is added to the double-precision total. */
const BLOCK: i32 = 128;

/**
 * Batch normalisation in training, over `rows` × `channels` (NHWC, all but the last axis flattened).
 *
 * Mean and variance come from one pass. Within a block, which fits in L1, the kernel computes the mean and then the
 * squares about it. It merges blocks in double precision (Chan, Golub & LeVeque, 1983). A part is a fixed range of
 * rows, so the sums don't depend on the number of threads.
 */

/** Returns the first row of a part. The caller's scratch holds 2 × channels doubles per part. */
@inline
function partRow(rows: i32, part: i32, parts: i32): i32 {
  return share(rows, part, parts);
}

/**
 * Computes the mean of each part and the sum of squares about it.
 *
 * Arguments: x, sums (parts × 2 × channels doubles), rows, channels, parts, scratch, bytes of scratch per thread (12 ×
 * channels).
 */
export function batchMoments(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), sums = ptr(args, 1), rows = arg(args, 2), channels = arg(args, 3), parts = arg(args, 4);
  const sum = ptr(args, 5) + ptr(args, 6) * <usize>thread, squares = sum + <usize>channels * 4;
  const rest = squares + <usize>channels * 4;
  for (let part = take(args, parts, thread, threads); part >= 0; part = take(args, parts, thread, threads)) {
    const mean = sums + <usize>(part * channels) * 16, m2 = mean + <usize>channels * 8;
    memory.fill(mean, 0, <usize>channels * 16);
    const first = partRow(rows, part, parts), last = partRow(rows, part + 1, parts);
    for (let row = first; row < last; row += BLOCK) {
      const n = min(BLOCK, last - row), block = x + <usize>row * <usize>channels * 4;
      columnSums(block, n, channels, sum);
      const scale: f32 = <f32>1 / <f32>n;
      for (let c = 0; c < channels; c++) store<f32>(sum + c * 4, load<f32>(sum + c * 4) * scale);
      columnSquares(block, n, channels, sum, squares, rest);
      const before = <f64>(row - first), after = before + <f64>n;
      for (let c = 0; c < channels; c++) {
        // The block's mean is rounded. The sum of the deviations from it corrects mean and squares (Neely, 1966).
        const left = <f64>load<f32>(rest + c * 4), blockMean = <f64>load<f32>(sum + c * 4) + left / <f64>n;
        const blockM2 = <f64>load<f32>(squares + c * 4) - left * left / <f64>n;
        const old = load<f64>(mean + c * 8), delta = blockMean - old;
        store<f64>(mean + c * 8, old + delta * (<f64>n / after));
        store<f64>(m2 + c * 8, load<f64>(m2 + c * 8) + blockM2 + delta * delta * (before * <f64>n / after));
      }
    }
  }
}

/** Merges the parts of batchMoments. Arguments: sums, mean (f32), variance (f32, biased), rows, channels, parts. */
export function batchMomentsMerge(args: usize, thread: i32, threads: i32): void {
  if (thread) return;
  const sums = ptr(args, 0), mean = ptr(args, 1), variance = ptr(args, 2);
  const rows = arg(args, 3), channels = arg(args, 4), parts = arg(args, 5);
  for (let c = 0; c < channels; c++) {
    let n: f64 = 0, total: f64 = 0, m2: f64 = 0;
    for (let part = 0; part < parts; part++) {
      const k = <f64>(partRow(rows, part + 1, parts) - partRow(rows, part, parts));
      if (k == 0) continue;
      const at = sums + <usize>(part * channels * 2 + c) * 8;
      const delta = load<f64>(at) - total, after = n + k;
      total += delta * (k / after);
      m2 += load<f64>(at + <usize>channels * 8) + delta * delta * (n * k / after);
      n = after;
    }
    store<f32>(mean + c * 4, <f32>total);
    store<f32>(variance + c * 4, <f32>(m2 / n));
  }
}

/**
 * Computes Σ dy and Σ dy · (x − mean) of each part, from which the gradients of offset, scale and input follow.
 *
 * Arguments: x, dy, mean, sums (parts × 2 × channels doubles), rows, channels, parts, scratch, bytes of scratch per
 * thread (8 × channels).
 */
export function batchNormSums(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), dy = ptr(args, 1), mean = ptr(args, 2), sums = ptr(args, 3);
  const rows = arg(args, 4), channels = arg(args, 5), parts = arg(args, 6);
  const sum = ptr(args, 7) + ptr(args, 8) * <usize>thread, products = sum + <usize>channels * 4;
  const line = <usize>channels * 4;
  for (let part = take(args, parts, thread, threads); part >= 0; part = take(args, parts, thread, threads)) {
    const total = sums + <usize>(part * channels) * 16, totalProducts = total + <usize>channels * 8;
    memory.fill(total, 0, <usize>channels * 16);
    const last = partRow(rows, part + 1, parts);
    for (let row = partRow(rows, part, parts); row < last; row += BLOCK) {
      const n = min(BLOCK, last - row), at = <usize>row * line;
      columnSums(dy + at, n, channels, sum);
      columnProducts(x + at, dy + at, n, channels, mean, products);
      for (let c = 0; c < channels; c++) {
        store<f64>(total + c * 8, load<f64>(total + c * 8) + <f64>load<f32>(sum + c * 4));
        store<f64>(totalProducts + c * 8, load<f64>(totalProducts + c * 8) + <f64>load<f32>(products + c * 4));
      }
    }
  }
}

/**
 * Adds up the parts of batchNormSums. Arguments: sums (parts × 2 × channels doubles), to (2 ×
 * channels doubles), channels, parts.
 */
export function batchNormTotals(args: usize, thread: i32, threads: i32): void {
  if (thread) return;
  const sums = ptr(args, 0), to = ptr(args, 1), size = arg(args, 2) * 2, parts = arg(args, 3);
  for (let i = 0; i < size; i++) {
    let sum: f64 = 0;
    for (let part = 0; part < parts; part++) sum += load<f64>(sums + <usize>(part * size + i) * 8);
    store<f64>(to + <usize>i * 8, sum);
  }
}

/**
 * From the parts of batchNormSums, computes the gradients of offset and scale, and the coefficients per channel of dx =
 * a·dy + b·x + c.
 *
 * Arguments: sums, mean, variance, scale, dOffset, dScale, abc (3 × channels), rows, channels, parts, epsilon (float).
 */
export function batchNormCoefficients(args: usize, thread: i32, threads: i32): void {
  if (thread) return;
  const sums = ptr(args, 0), mean = ptr(args, 1), variance = ptr(args, 2), scale = ptr(args, 3);
  const dOffset = ptr(args, 4), dScale = ptr(args, 5), abc = ptr(args, 6);
  const rows = arg(args, 7), channels = arg(args, 8), parts = arg(args, 9), epsilon = <f64>num(args, 10);
  for (let c = 0; c < channels; c++) {
    let sum: f64 = 0, products: f64 = 0;
    for (let part = 0; part < parts; part++) {
      const at = sums + <usize>(part * channels * 2 + c) * 8;
      sum += load<f64>(at);
      products += load<f64>(at + <usize>channels * 8);
    }
    const deviation = 1 / sqrt(<f64>load<f32>(variance + c * 4) + epsilon), m = <f64>load<f32>(mean + c * 4);
    const a = <f64>load<f32>(scale + c * 4) * deviation, n = <f64>rows;
    const b = -a * deviation * deviation * products / n;
    store<f32>(dOffset + c * 4, <f32>sum);
    store<f32>(dScale + c * 4, <f32>(products * deviation));
    store<f32>(abc + c * 4, <f32>a);
    store<f32>(abc + (channels + c) * 4, <f32>b);
    store<f32>(abc + (2 * channels + c) * 4, <f32>(-a * sum / n - b * m));
  }
}

/** The sum of each column over n rows. */
export function columnSums(x: usize, n: i32, channels: i32, sum: usize): void {
  const line = <usize>channels * 4, end = x + <usize>n * line;
  let c = 0;
  for (; c + 8 <= channels; c += 8) {
    let s0 = f32x4.splat(0), s1 = s0;
    for (let at = x + c * 4; at < end; at += line) {
      s0 = v128.add<f32>(s0, v128.load(at));
      s1 = v128.add<f32>(s1, v128.load(at, 16));
    }
    v128.store(sum + c * 4, s0);
    v128.store(sum + c * 4, s1, 16);
  }
  for (; c < channels; c++) {
    let s: f32 = 0;
    for (let at = x + c * 4; at < end; at += line) s += load<f32>(at);
    store<f32>(sum + c * 4, s);
  }
}

/** For each column over n rows: the sum of squares of x − mean, and the sum of x − mean itself. */
function columnSquares(x: usize, n: i32, channels: i32, mean: usize, squares: usize, rest: usize): void {
  const line = <usize>channels * 4, end = x + <usize>n * line;
  let c = 0;
  for (; c + 8 <= channels; c += 8) {
    const m0 = v128.load(mean + c * 4), m1 = v128.load(mean + c * 4, 16);
    let s0 = f32x4.splat(0), s1 = s0, r0 = s0, r1 = s0;
    for (let at = x + c * 4; at < end; at += line) {
      const d0 = v128.sub<f32>(v128.load(at), m0), d1 = v128.sub<f32>(v128.load(at, 16), m1);
      s0 = madd(d0, d0, s0);
      s1 = madd(d1, d1, s1);
      r0 = v128.add<f32>(r0, d0);
      r1 = v128.add<f32>(r1, d1);
    }
    v128.store(squares + c * 4, s0);
    v128.store(squares + c * 4, s1, 16);
    v128.store(rest + c * 4, r0);
    v128.store(rest + c * 4, r1, 16);
  }
  for (; c < channels; c++) {
    const m = load<f32>(mean + c * 4);
    let s: f32 = 0, r: f32 = 0;
    for (let at = x + c * 4; at < end; at += line) {
      const d = load<f32>(at) - m;
      s += d * d;
      r += d;
    }
    store<f32>(squares + c * 4, s);
    store<f32>(rest + c * 4, r);
  }
}

/** The sum of dy · (x − mean) of each column over n rows. */
function columnProducts(x: usize, dy: usize, n: i32, channels: i32, mean: usize, products: usize): void {
  const line = <usize>channels * 4, end = x + <usize>n * line, across = dy - x;
  let c = 0;
  for (; c + 8 <= channels; c += 8) {
    const m0 = v128.load(mean + c * 4), m1 = v128.load(mean + c * 4, 16);
    let s0 = f32x4.splat(0), s1 = s0;
    for (let at = x + c * 4; at < end; at += line) {
      s0 = madd(v128.sub<f32>(v128.load(at), m0), v128.load(at + across), s0);
      s1 = madd(v128.sub<f32>(v128.load(at, 16), m1), v128.load(at + across, 16), s1);
    }
    v128.store(products + c * 4, s0);
    v128.store(products + c * 4, s1, 16);
  }
  for (; c < channels; c++) {
    const m = load<f32>(mean + c * 4);
    let s: f32 = 0;
    for (let at = x + c * 4; at < end; at += line) s += (load<f32>(at) - m) * load<f32>(at + across);
    store<f32>(products + c * 4, s);
  }
}
