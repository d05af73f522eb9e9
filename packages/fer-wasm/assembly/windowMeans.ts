import { arg, ptr, share } from './share';

/*
 * The mean of a map at every place of a window that slides over it, by `same` padding with zeros. Arguments: from, to,
 * n, height, width, channels, size of the window. Threads share the images.
 *
 * Place (i, j) of the window visits the pixels of a rectangle: rows i − pad to height − 1 + i − pad, and columns
 * likewise, as far as they lie inside.
 */

/** y (n × size² × channels): the mean of x at each place of the window. A row of pixels is summed before the rows are. */
export function windowMeans(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 1), h = arg(args, 3), w = arg(args, 4), channels = arg(args, 5), size = arg(args, 6);
  const pixel = <usize>channels * 4, vectors = pixel & ~15, pad = size / 2;
  const factor: f32 = <f32>1 / <f32>(h * w), factors = f32x4.splat(factor), end = share(arg(args, 2), thread + 1, threads);
  for (let n = share(arg(args, 2), thread, threads); n < end; n++) {
    const image = x + <usize>(n * h * w) * pixel;
    let to = y + <usize>(n * size * size) * pixel;
    for (let i = 0; i < size; i++) {
      const top = max(0, i - pad), bottom = min(h, h + i - pad);
      for (let j = 0; j < size; j++, to += pixel) {
        const left = max(0, j - pad), right = min(w, w + j - pad);
        for (let c: usize = 0; c < vectors; c += 16) {
          let sum = f32x4.splat(0);
          for (let a = top; a < bottom; a++) {
            let line = f32x4.splat(0), at = image + <usize>(a * w + left) * pixel + c;
            for (let b = left; b < right; b++, at += pixel) line = v128.add<f32>(line, v128.load(at));
            sum = v128.add<f32>(sum, line);
          }
          v128.store(to + c, v128.mul<f32>(sum, factors));
        }
        for (let c = vectors; c < pixel; c += 4) {
          let sum: f32 = 0;
          for (let a = top; a < bottom; a++) {
            let line: f32 = 0, at = image + <usize>(a * w + left) * pixel + c;
            for (let b = left; b < right; b++, at += pixel) line += load<f32>(at);
            sum += line;
          }
          store<f32>(to + c, sum * factor);
        }
      }
    }
  }
}

/** The gradient: dx is the mean's share of dy, summed over the places that visit each pixel. */
export function windowMeansGrad(args: usize, thread: i32, threads: i32): void {
  const dy = ptr(args, 0), dx = ptr(args, 1), h = arg(args, 3), w = arg(args, 4), channels = arg(args, 5), size = arg(args, 6);
  const pixel = <usize>channels * 4, vectors = pixel & ~15, pad = size / 2;
  const factor: f32 = <f32>1 / <f32>(h * w), factors = f32x4.splat(factor), end = share(arg(args, 2), thread + 1, threads);
  for (let n = share(arg(args, 2), thread, threads); n < end; n++) {
    const gradients = dy + <usize>(n * size * size) * pixel;
    let to = dx + <usize>(n * h * w) * pixel;
    for (let a = 0; a < h; a++) {
      const i0 = max(0, a + pad - h + 1), i1 = min(size, a + pad + 1);
      for (let b = 0; b < w; b++, to += pixel) {
        const j0 = max(0, b + pad - w + 1), j1 = min(size, b + pad + 1);
        for (let c: usize = 0; c < vectors; c += 16) {
          let sum = f32x4.splat(0);
          for (let i = i0; i < i1; i++) {
            let at = gradients + <usize>(i * size + j0) * pixel + c;
            for (let j = j0; j < j1; j++, at += pixel) sum = v128.add<f32>(sum, v128.load(at));
          }
          v128.store(to + c, v128.mul<f32>(sum, factors));
        }
        for (let c = vectors; c < pixel; c += 4) {
          let sum: f32 = 0;
          for (let i = i0; i < i1; i++) {
            let at = gradients + <usize>(i * size + j0) * pixel + c;
            for (let j = j0; j < j1; j++, at += pixel) sum += load<f32>(at);
          }
          store<f32>(to + c, sum * factor);
        }
      }
    }
  }
}
