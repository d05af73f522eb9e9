import { Shape } from './conv';
import { arg, ptr, take } from './share';
import { dotTile, dotTileOf4, putZeros, rowOr0 } from './tile';

/*
 * Convolutions of a few small images, tap by tap: for each tap of the kernel, the output pixels whose window has this
 * tap inside the image are gathered six at a time and multiplied by the tap's part of the filter. Padding is thus never
 * multiplied: for an image of 3×3, a 3×3 kernel has 49 such pixels in place of 81.
 *
 * The filter is by far the largest operand. Loops: panel → tap → six pixels, so that it is read from memory once, a
 * part of in × 8 at a time, which stays in L1 while the pixels pass. The sums of a panel stay in L1 as well.
 */

/**
 * y = conv(x, filter) (+ bias) (ReLU), NHWC, for an input that is not spaced. The sums are those of `conv`, bit by bit.
 *
 * Arguments: x, filter packed by packFilter, y, bias (0: none; padded to a multiple of 8), scratch, bytes of scratch
 * per thread, the geometry of conv (18), relu. Scratch: 224 + 4 × in + 32 × output pixels + 4 × taps + 8 × taps ×
 * output pixels, each rounded up to 16 bytes. Threads share the panels.
 */
export function convByTaps(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), filter = ptr(args, 1), y = ptr(args, 2), bias = ptr(args, 3);
  const s = changetype<Shape>(args + 24), relu = arg(args, 24), taps = s.kh * s.kw, panels = (s.cout + 7) / 8;
  const count = s.n * s.oh * s.ow, row = <usize>s.cin * 4, ldC = <usize>s.cout * 4;
  const edge = ptr(args, 4) + ptr(args, 5) * <usize>thread, zeros = edge + 192, table = edge + 224, tableEnd = table + row;
  const sums = table + ((row + 15) & ~15), ends = sums + <usize>count * 32, from = ends + ((<usize>taps * 4 + 15) & ~15);
  const to = from + ((<usize>(taps * count) * 4 + 15) & ~15);
  putZeros(zeros);
  for (let i = 0; i < s.cin; i++) store<usize>(table + <usize>i * 4, <usize>i * 4);
  gatherTaps(s, x, sums, ends, from, to);
  for (let p = take(args, panels, thread, threads); p >= 0; p = take(args, panels, thread, threads)) {
    const start = bias ? bias + <usize>p * 32 : zeros, low = v128.load(start), high = v128.load(start, 16);
    for (let at = sums; at < ends; at += 32) {
      v128.store(at, low);
      v128.store(at, high, 16);
    }
    let panel = filter + <usize>(p * taps) * row * 8, first: usize = 0;
    for (let t = 0; t < taps; t++, panel += row * 8) {
      const end = load<usize>(ends + <usize>t * 4);
      for (; first < end; first += 6) addPixels(from + first * 4, to + first * 4, <i32>(end - first), table, tableEnd, panel, edge);
      first = end;
    }
    const columns = <usize>min(8, s.cout - p * 8) * 4;
    for (let at = sums, target = y + <usize>p * 32; at < ends; at += 32, target += ldC) {
      if (relu) {
        v128.store(at, f32x4.max(v128.load(at), f32x4.splat(0)));
        v128.store(at, f32x4.max(v128.load(at, 16), f32x4.splat(0)), 16);
      }
      memory.copy(target, at, columns);
    }
  }
}

/** Writes, tap by tap, the addresses of input pixels and of the sums that they are added to, and where each tap ends. */
function gatherTaps(s: Shape, x: usize, sums: usize, ends: usize, from: usize, to: usize): void {
  const pixel = <usize>s.cin * 4;
  let members: usize = 0;
  for (let i = 0; i < s.kh; i++) {
    for (let j = 0; j < s.kw; j++, ends += 4) {
      for (let row = 0; row < s.n * s.oh; row++) {
        const iy = (row % s.oh) * s.sy - s.top + i * s.dy;
        if (iy < 0 || iy >= s.h) continue;
        for (let o = 0; o < s.ow; o++) {
          const ix = o * s.sx - s.left + j * s.dx;
          if (ix < 0 || ix >= s.w) continue;
          store<usize>(from + members * 4, x + <usize>((row / s.oh * s.h + iy) * s.w + ix) * pixel);
          store<usize>(to + members * 4, sums + <usize>(row * s.ow + o) * 32);
          members++;
        }
      }
      store<usize>(ends, members);
    }
  }
}

/** Adds the products of up to six pixels with a part of the filter to their sums. */
function addPixels(from: usize, to: usize, members: i32, table: usize, tableEnd: usize, panel: usize, edge: usize): void {
  const rows = min(6, members), a = load<usize>(from);
  for (let r = 0; r < rows; r++) {
    const sum = load<usize>(to + <usize>r * 4), at = edge + <usize>r * 32;
    v128.store(at, v128.load(sum));
    v128.store(at, v128.load(sum, 16), 16);
  }
  const a1 = rowOr0(load<usize>(from, 4), 1, rows, a), a2 = rowOr0(load<usize>(from, 8), 2, rows, a);
  const a3 = rowOr0(load<usize>(from, 12), 3, rows, a);
  if (rows <= 4) {
    dotTileOf4(a, a1, a2, a3, table, tableEnd, panel, edge, 32);
  } else {
    dotTile(
      a, a1, a2, a3, load<usize>(from, 16), rowOr0(load<usize>(from, 20), 5, rows, a), table, tableEnd, panel, edge, 32,
    );
  }
  for (let r = 0; r < rows; r++) {
    const sum = load<usize>(to + <usize>r * 4), at = edge + <usize>r * 32;
    v128.store(sum, v128.load(at));
    v128.store(sum, v128.load(at, 16), 16);
  }
}
