import { madd } from './madd';
import { arg, ptr, share } from './share';

/*
 * Gradients of convolutions, and max pooling, over volumes (NDHWC), as plain loops. They replace upstream's kernels,
 * which are wrong at some sizes and strides.
 *
 * The geometry, as words: n, depth, height, width, in, out depth, out height, out width, out, kernel depth, height,
 * width, strides (3), pads at the front, the top and the left.
 */
class Volume {
  n: i32; d: i32; h: i32; w: i32; cin: i32; od: i32; oh: i32; ow: i32; cout: i32; kd: i32; kh: i32; kw: i32;
  sd: i32; sh: i32; sw: i32; front: i32; top: i32; left: i32;
}

/** The sum of products of `count` floats. */
@inline
function dot(a: usize, b: usize, count: i32): f32 {
  const vectors = <usize>(count & ~3) * 4;
  let s = f32x4.splat(0);
  for (let i: usize = 0; i < vectors; i += 16) s = madd(v128.load(a + i), v128.load(b + i), s);
  let sum = f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
  for (let i = vectors; i < <usize>count * 4; i += 4) sum += load<f32>(a + i) * load<f32>(b + i);
  return sum;
}

/** y += a · x, of `count` floats. */
@inline
function addScaled(x: usize, a: f32, y: usize, count: i32): void {
  const vectors = <usize>(count & ~3) * 4, factor = f32x4.splat(a);
  for (let i: usize = 0; i < vectors; i += 16) v128.store(y + i, madd(v128.load(x + i), factor, v128.load(y + i)));
  for (let i = vectors; i < <usize>count * 4; i += 4) store<f32>(y + i, load<f32>(y + i) + load<f32>(x + i) * a);
}

/**
 * dx = Σ dy · filter over the taps that reach each voxel. Arguments: dy, filter, dx, the geometry. Threads share the
 * planes.
 */
export function conv3dInputGrad(args: usize, thread: i32, threads: i32): void {
  const dy = ptr(args, 0), filter = ptr(args, 1), dx = ptr(args, 2), s = changetype<Volume>(args + 12);
  const pixel = <usize>s.cin * 4, out = <usize>s.cout * 4, end = share(s.n * s.d, thread + 1, threads);
  for (let plane = share(s.n * s.d, thread, threads); plane < end; plane++) {
    let to = dx + <usize>plane * <usize>(s.h * s.w) * pixel;
    memory.fill(to, 0, <usize>(s.h * s.w) * pixel);
    for (let iy = 0; iy < s.h; iy++) {
      for (let ix = 0; ix < s.w; ix++, to += pixel) {
        for (let i = 0; i < s.kd; i++) {
          const z = plane % s.d + s.front - i;
          if (z < 0 || z % s.sd || z / s.sd >= s.od) continue;
          for (let j = 0; j < s.kh; j++) {
            const y = iy + s.top - j;
            if (y < 0 || y % s.sh || y / s.sh >= s.oh) continue;
            for (let k = 0; k < s.kw; k++) {
              const x = ix + s.left - k;
              if (x < 0 || x % s.sw || x / s.sw >= s.ow) continue;
              const g = dy + <usize>(((plane / s.d * s.od + z / s.sd) * s.oh + y / s.sh) * s.ow + x / s.sw) * out;
              const f = filter + <usize>((i * s.kh + j) * s.kw + k) * pixel * <usize>s.cout;
              for (let c: usize = 0; c < pixel; c += 4) {
                store<f32>(to + c, load<f32>(to + c) + dot(g, f + c * <usize>s.cout, s.cout));
              }
            }
          }
        }
      }
    }
  }
}

/** dw = Σ x · dy over the outputs. Arguments: x, dy, dw, the geometry. Threads share the taps × input channels. */
export function conv3dFilterGrad(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), dy = ptr(args, 1), dw = ptr(args, 2), s = changetype<Volume>(args + 12);
  const out = <usize>s.cout * 4, rows = s.kd * s.kh * s.kw * s.cin, end = share(rows, thread + 1, threads);
  for (let row = share(rows, thread, threads); row < end; row++) {
    const c = row % s.cin, tap = row / s.cin, i = tap / (s.kh * s.kw), j = tap / s.kw % s.kh, k = tap % s.kw;
    const to = dw + <usize>row * out;
    memory.fill(to, 0, out);
    for (let image = 0; image < s.n; image++) {
      for (let oz = 0; oz < s.od; oz++) {
        const z = oz * s.sd + i - s.front;
        if (z < 0 || z >= s.d) continue;
        for (let oy = 0; oy < s.oh; oy++) {
          const y = oy * s.sh + j - s.top;
          if (y < 0 || y >= s.h) continue;
          for (let ox = 0; ox < s.ow; ox++) {
            const v = ox * s.sw + k - s.left;
            if (v < 0 || v >= s.w) continue;
            const value = load<f32>(x + <usize>((((image * s.d + z) * s.h + y) * s.w + v) * s.cin + c) * 4);
            addScaled(dy + <usize>(((image * s.od + oz) * s.oh + oy) * s.ow + ox) * out, value, to, s.cout);
          }
        }
      }
    }
  }
}

/** The maximum of each window; NaN propagates. Arguments: x, y, the geometry. Threads share the planes of output. */
export function maxPool3d(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 1), s = changetype<Volume>(args + 8), pixel = <usize>s.cin * 4;
  const end = share(s.n * s.od, thread + 1, threads);
  for (let plane = share(s.n * s.od, thread, threads); plane < end; plane++) {
    const image = plane / s.od, z = (plane % s.od) * s.sd - s.front;
    for (let oy = 0; oy < s.oh; oy++) {
      const top = oy * s.sh - s.top;
      for (let ox = 0; ox < s.ow; ox++) {
        const left = ox * s.sw - s.left, to = y + <usize>((plane * s.oh + oy) * s.ow + ox) * pixel;
        for (let c: usize = 0; c < pixel; c += 4) {
          let best: f32 = -Infinity;
          for (let i = max(0, z); i < min(s.d, z + s.kd); i++) {
            for (let j = max(0, top); j < min(s.h, top + s.kh); j++) {
              for (let k = max(0, left); k < min(s.w, left + s.kw); k++) {
                best = max<f32>(best, load<f32>(x + <usize>(((image * s.d + i) * s.h + j) * s.w + k) * pixel + c));
              }
            }
          }
          store<f32>(to + c, best);
        }
      }
    }
  }
}

/**
 * The gradient of maxPool3d: dy is added to the first element of the window that equals y.
 *
 * Arguments: x, y, dy, dx, the geometry. Threads share the images.
 */
export function maxPool3dGrad(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), y = ptr(args, 1), dy = ptr(args, 2), dx = ptr(args, 3), s = changetype<Volume>(args + 16);
  const pixel = <usize>s.cin * 4, size = <usize>(s.d * s.h * s.w) * pixel, end = share(s.n, thread + 1, threads);
  for (let image = share(s.n, thread, threads); image < end; image++) {
    memory.fill(dx + <usize>image * size, 0, size);
    for (let out = 0; out < s.od * s.oh * s.ow; out++) {
      const z = out / (s.oh * s.ow) * s.sd - s.front, top = out / s.ow % s.oh * s.sh - s.top, left = out % s.ow * s.sw - s.left;
      const at = <usize>(image * s.od * s.oh * s.ow + out) * pixel;
      for (let c: usize = 0; c < pixel; c += 4) {
        const best = load<f32>(y + at + c);
        let free = true;
        for (let i = max(0, z); free && i < min(s.d, z + s.kd); i++) {
          for (let j = max(0, top); free && j < min(s.h, top + s.kh); j++) {
            for (let k = max(0, left); free && k < min(s.w, left + s.kw); k++) {
              const p = <usize>(((image * s.d + i) * s.h + j) * s.w + k) * pixel + c;
              if (load<f32>(x + p) != best) continue;
              store<f32>(dx + p, load<f32>(dx + p) + load<f32>(dy + at + c));
              free = false;
            }
          }
        }
      }
    }
  }
}
