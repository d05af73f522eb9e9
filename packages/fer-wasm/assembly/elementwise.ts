import { columnSums } from './batchnorm';
import { arg, num, ptr, share } from './share';

/** dx = dy where y > 0, else 0. Arguments: y, dy, dx, size. */
export function reluGrad(args: usize, thread: i32, threads: i32): void {
  const y = ptr(args, 0), dy = ptr(args, 1), dx = ptr(args, 2), size = arg(args, 3);
  const zero = f32x4.splat(0), vectors = size >> 2;
  const end = <usize>share(vectors, thread + 1, threads) * 16;
  for (let i = <usize>share(vectors, thread, threads) * 16; i < end; i += 16) {
    v128.store(dx + i, v128.and(v128.load(dy + i), f32x4.gt(v128.load(y + i), zero)));
  }
  if (thread == threads - 1) {
    for (let i = <usize>vectors * 4; i < <usize>size; i++) {
      store<f32>(dx + i * 4, load<f32>(y + i * 4) > 0 ? load<f32>(dy + i * 4) : 0);
    }
  }
}

/** Fills with zeros. Arguments: address, bytes (a multiple of 4). Threads share the bytes, in cache lines. */
export function clear(args: usize, thread: i32, threads: i32): void {
  const to = ptr(args, 0), bytes = ptr(args, 1), lines = <i32>(bytes >> 6);
  const from = <usize>share(lines, thread, threads) << 6;
  const end = thread == threads - 1 ? bytes : <usize>share(lines, thread + 1, threads) << 6;
  memory.fill(to + from, 0, end - from);
}

/**
 * The sum of each column of rows × columns, in parts; partSumsMerge adds them up in double precision.
 *
 * Arguments: x, sums (parts × columns doubles), rows, columns, parts, scratch, bytes of scratch per thread (4 ×
 * columns).
 */
export function partSums(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), sums = ptr(args, 1), rows = arg(args, 2), columns = arg(args, 3), parts = arg(args, 4);
  const sum = ptr(args, 5) + ptr(args, 6) * <usize>thread;
  const end = share(parts, thread + 1, threads);
  for (let part = share(parts, thread, threads); part < end; part++) {
    const total = sums + <usize>(part * columns) * 8, last = share(rows, part + 1, parts);
    memory.fill(total, 0, <usize>columns * 8);
    for (let row = share(rows, part, parts); row < last; row += 128) {
      columnSums(x + <usize>row * <usize>columns * 4, min(128, last - row), columns, sum);
      for (let c = 0; c < columns; c++) store<f64>(total + c * 8, load<f64>(total + c * 8) + <f64>load<f32>(sum + c * 4));
    }
  }
}

/** Adds up the parts of partSums. Arguments: sums, to, columns, parts. */
export function partSumsMerge(args: usize, thread: i32, threads: i32): void {
  if (thread) return;
  const sums = ptr(args, 0), to = ptr(args, 1), columns = arg(args, 2), parts = arg(args, 3);
  for (let c = 0; c < columns; c++) {
    let sum: f64 = 0;
    for (let part = 0; part < parts; part++) sum += load<f64>(sums + <usize>(part * columns + c) * 8);
    store<f32>(to + c * 4, <f32>sum);
  }
}

/** Four 32-bit mixes (the finaliser of MurmurHash3) of a counter and a key. */
@inline
function mix(counter: v128, key: v128): v128 {
  let h = v128.xor(i32x4.mul(counter, i32x4.splat(0x9e3779b1)), key);
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x85ebca6b));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(h, i32x4.shr_u(h, 16));
}

/**
 * Dropout without a stored mask: y = x · scale if the hash of the element's index is below the threshold, else 0. The
 * gradient is the same function. Only the upper 24 bits of the hash are used.
 *
 * Arguments: x, y, size, key, threshold (24 bits), scale (float).
 */
export function dropout(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 1), size = arg(args, 2), key = arg(args, 3), threshold = arg(args, 4);
  const factor = num(args, 5), keys = i32x4.splat(key), below = i32x4.splat(threshold), scale = f32x4.splat(factor);
  const vectors = size >> 2, end = share(vectors, thread + 1, threads);
  for (let i = share(vectors, thread, threads); i < end; i++) {
    const index = i32x4.add(i32x4.splat(i * 4), i32x4(0, 1, 2, 3)), at = <usize>i * 16;
    const keep = i32x4.lt_s(i32x4.shr_u(mix(index, keys), 8), below);
    v128.store(y + at, v128.and(v128.mul<f32>(v128.load(x + at), scale), keep));
  }
  if (thread == threads - 1) {
    for (let i = vectors * 4; i < size; i++) {
      const keep = i32x4.extract_lane(i32x4.shr_u(mix(i32x4.splat(i), keys), 8), 0) < threshold;
      store<f32>(y + i * 4, keep ? load<f32>(x + i * 4) * factor : 0);
    }
  }
}

/**
 * y[segment of row] += row, over rows × columns. Rows whose segment is outside 0..segments−1 are ignored, as in tfjs.
 * Threads share the columns, so that each sum always has the same order.
 *
 * Arguments: x, ids (int32), y, rows, columns, segments.
 */
export function segmentSum(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), ids = ptr(args, 1), y = ptr(args, 2), rows = arg(args, 3), columns = arg(args, 4);
  const segments = arg(args, 5), line = <usize>columns * 4;
  const c0 = <usize>share(columns, thread, threads) * 4, c1 = <usize>share(columns, thread + 1, threads) * 4;
  for (let s = 0; s < segments; s++) memory.fill(y + <usize>s * line + c0, 0, c1 - c0);
  for (let row = 0; row < rows; row++) {
    const segment = load<i32>(ids + row * 4);
    if (segment < 0 || segment >= segments) continue;
    const from = x + <usize>row * line, to = y + <usize>segment * line;
    for (let c = c0; c < c1; c += 4) store<f32>(to + c, load<f32>(to + c) + load<f32>(from + c));
  }
}
