import { madd } from './madd';
import { arg, CHUNKS, ptr, share, take } from './share';

/**
 * y = a·x + b·z + c over rows × channels, with one a, b and c per channel. Any chain of additions and multiplications
 * per channel has this form, for example batch normalisation and its gradient. The kernel makes one pass over memory,
 * whatever the chain's length.
 *
 * Arguments: x (0: none), z (0: none), y, coefficients (a, b, c, each of `channels`), rows, channels, relu (1: negative
 * results become 0, NaN stays), mask (0: none; otherwise y is 0 wherever the mask is not positive). Threads share the
 * rows.
 */
export function affine(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), z = ptr(args, 1), y = ptr(args, 2), a = ptr(args, 3), rows = arg(args, 4), channels = arg(args, 5);
  const mask = ptr(args, 7), line = <usize>channels * 4, b = a + line, c = b + line, zero = f32x4.splat(0);
  const floor: f32 = arg(args, 6) ? 0 : -Infinity, floors = f32x4.splat(floor), vectors = <usize>(channels & ~3) * 4;
  const chunks = CHUNKS * threads;
  for (let k = take(args, chunks, thread, threads); k >= 0; k = take(args, chunks, thread, threads)) {
    const end = <usize>share(rows, k + 1, chunks) * line;
    for (let at = <usize>share(rows, k, chunks) * line; at < end; at += line) {
      const xi = x + at, zi = z + at, yi = y + at, mi = mask + at;
      if (x && z) {
        for (let j: usize = 0; j < vectors; j += 16) {
          let v = madd(v128.load(xi + j), v128.load(a + j), madd(v128.load(zi + j), v128.load(b + j), v128.load(c + j)));
          v = f32x4.max(v, floors);
          if (mask) v = v128.and(v, f32x4.gt(v128.load(mi + j), zero));
          v128.store(yi + j, v);
        }
      } else if (x) {
        for (let j: usize = 0; j < vectors; j += 16) {
          let v = f32x4.max(madd(v128.load(xi + j), v128.load(a + j), v128.load(c + j)), floors);
          if (mask) v = v128.and(v, f32x4.gt(v128.load(mi + j), zero));
          v128.store(yi + j, v);
        }
      } else {
        for (let j: usize = 0; j < vectors; j += 16) {
          let v = f32x4.max(v128.load(c + j), floors);
          if (mask) v = v128.and(v, f32x4.gt(v128.load(mi + j), zero));
          v128.store(yi + j, v);
        }
      }
      for (let j = vectors; j < line; j += 4) {
        let v = load<f32>(c + j);
        if (z) v += load<f32>(zi + j) * load<f32>(b + j);
        if (x) v += load<f32>(xi + j) * load<f32>(a + j);
        v = max<f32>(v, floor);
        store<f32>(yi + j, mask && !(load<f32>(mi + j) > 0) ? 0 : v);
      }
    }
  }
}
