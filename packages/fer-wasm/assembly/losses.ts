import { exp, log } from './exponential';
import { arg, ptr } from './share';

/*
 * The mean loss over a batch of rows × classes and its gradient, in one pass and in double precision. A batch has few
 * scores, so one thread processes them all.
 */

/**
 * Softmax cross-entropy, for row s with targets t: −Σ t·ln p with ln p = s − max − ln Σ e^(s − max). Its gradient is
 * p·Σt − t.
 *
 * Arguments: scores, targets, loss (one number), gradient, rows, classes.
 */
export function softmaxCrossEntropy(args: usize, thread: i32, threads: i32): void {
  if (thread) return;
  let s = ptr(args, 0), t = ptr(args, 1), g = ptr(args, 3), total: f64 = 0;
  const rows = arg(args, 4), line = <usize>arg(args, 5) * 4;
  for (let row = 0; row < rows; row++, s += line, t += line, g += line) {
    let top: f32 = -Infinity, sum: f64 = 0, mass: f64 = 0;
    for (let c: usize = 0; c < line; c += 4) top = max<f32>(top, load<f32>(s + c));
    for (let c: usize = 0; c < line; c += 4) {
      sum += exp(<f64>load<f32>(s + c) - <f64>top);
      mass += <f64>load<f32>(t + c);
    }
    const logSum = log(sum), each = mass / sum;
    for (let c: usize = 0; c < line; c += 4) {
      const below = <f64>load<f32>(s + c) - <f64>top, target = <f64>load<f32>(t + c);
      total += target * (logSum - below);
      store<f32>(g + c, <f32>((exp(below) * each - target) / <f64>rows));
    }
  }
  store<f32>(ptr(args, 2), <f32>(total / <f64>rows));
}

/**
 * The squared hinge, one-vs-rest (Tang, 2013): Σ over classes of max(0, 1 − y·s)², y = 2t − 1. Its gradient is
 * −2y·max(0, 1 − y·s).
 *
 * Arguments: as softmaxCrossEntropy's.
 */
export function squaredHinge(args: usize, thread: i32, threads: i32): void {
  if (thread) return;
  const s = ptr(args, 0), t = ptr(args, 1), g = ptr(args, 3), rows = arg(args, 4);
  const end = <usize>rows * <usize>arg(args, 5) * 4;
  let total: f64 = 0;
  for (let i: usize = 0; i < end; i += 4) {
    const y = 2 * <f64>load<f32>(t + i) - 1, short = max<f64>(0, 1 - y * <f64>load<f32>(s + i));
    total += short * short;
    store<f32>(g + i, <f32>((-2 * y * short) / <f64>rows));
  }
  store<f32>(ptr(args, 2), <f32>(total / <f64>rows));
}
