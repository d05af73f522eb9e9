import { arg, ptr, share } from './share';
import { outerTileFrom } from './outerTile';
import { putZeros } from './tile';
import { PLANES, Tiles3, tilePixels, transformFilter3, transformOutput3 } from './winograd3';

/*
 * The gradient of a 3×3 filter by F(3×3, 3×3): a tile of dy takes the place of the filter, and the filter's gradient
 * that of the outputs. Both operands are packed into panels, so that the loop over the tiles reads each of them
 * sequentially.
 */

/**
 * G dy Gᵀ of the tiles of a batch, D[25][out / 8][tiles × 8].
 *
 * Arguments: dy, D, tiles, bytes of a plane of D, scratch, bytes of scratch per thread (288 + 4 × channels), unused,
 * unused, out height, out width, channels, tiles per column, tiles per row, 0, 0. Threads share the tiles.
 */
export function winograd3GradOutput(args: usize, thread: i32, threads: i32): void {
  const dy = ptr(args, 0), d = ptr(args, 1), tiles = arg(args, 2), plane = ptr(args, 3), s = changetype<Tiles3>(args + 32);
  const temporary = ptr(args, 4) + ptr(args, 5) * <usize>thread, at = temporary + 240, zeros = at + 48;
  memory.fill(zeros, 0, <usize>s.channels * 4);
  const end = share(tiles, thread + 1, threads);
  for (let tile = share(tiles, thread, threads); tile < end; tile++) {
    tilePixels(dy, s, tile, 3, zeros, at);
    for (let c = 0; c < s.channels; c += 4) {
      const o = <usize>c * 4;
      for (let j: usize = 0; j < 3; j++) {
        const p = at + j * 4;
        transformFilter3(
          v128.load(load<usize>(p) + o), v128.load(load<usize>(p, 12) + o), v128.load(load<usize>(p, 24) + o),
          temporary + j * 16, 48,
        );
      }
      const to = d + <usize>((c >> 3) * tiles + tile) * 32 + <usize>(c & 4) * 4;
      for (let i: usize = 0; i < 5; i++) {
        const t = temporary + i * 48;
        transformFilter3(v128.load(t), v128.load(t, 16), v128.load(t, 32), to + i * 5 * plane, plane);
      }
    }
  }
}

/**
 * dw (3×3×in×out) = Aᵀ(Σ V·D)A.
 *
 * Arguments: V (panels of six), D, dw, tiles, in, out (a multiple of 8), bytes of a plane of V, and of D, add (whether
 * to add to the values in dw), panels per group, scratch, bytes of scratch per thread (5,040 + 4 × tiles).
 *
 * Loops: group of panels of D, which stays in L2 → six input channels, whose V stays in L1 → panel → plane. The 25 sums
 * of 6×8 are transformed into 3×3 at once. Threads share the pairs of group and six channels.
 */
export function winograd3FilterGrad(args: usize, thread: i32, threads: i32): void {
  const v = ptr(args, 0), d = ptr(args, 1), dw = ptr(args, 2), tiles = arg(args, 3), cin = arg(args, 4);
  const cout = arg(args, 5), planeV = ptr(args, 6), planeD = ptr(args, 7), add = arg(args, 8), group = arg(args, 9);
  const sums = ptr(args, 10) + ptr(args, 11) * <usize>thread, temporary = sums + PLANES * 192, table = temporary + 240;
  for (let i = 0; i < tiles; i++) store<usize>(table + i * 4, <usize>i * 24);
  const tableEnd = table + <usize>tiles * 4, panels = cout / 8, sixes = (cin + 5) / 6;
  const units = (panels + group - 1) / group * sixes, end = share(units, thread + 1, threads);
  for (let unit = share(units, thread, threads); unit < end; unit++) {
    const first = unit / sixes * group, last = min(panels, first + group), c = unit % sixes * 6, rows = min(6, cin - c);
    const a = v + <usize>(c * tiles) * 4;
    for (let p = first; p < last; p++) {
      const b = d + <usize>(p * tiles) * 32;
      putZeros(temporary);
      for (let i: usize = 0; i < PLANES; i++) {
        outerTileFrom(a + i * planeV, table, tableEnd, b + i * planeD, 32, temporary, sums + i * 192, 32);
      }
      for (let r = 0; r < rows; r++) {
        const to = dw + <usize>((c + r) * cout + p * 8) * 4;
        turn(sums + <usize>r * 32, temporary, to, <usize>(cin * cout) * 4, add);
        turn(sums + <usize>r * 32 + 16, temporary, to + 16, <usize>(cin * cout) * 4, add);
      }
    }
  }
}

/** Aᵀ w A of four output channels: 25 sums, 192 bytes apart, into 3×3, `tap` bytes apart. */
function turn(w: usize, temporary: usize, to: usize, tap: usize, add: i32): void {
  for (let j: usize = 0; j < 5; j++) {
    const from = w + j * 192;
    transformOutput3(
      v128.load(from), v128.load(from, 960), v128.load(from, 1920), v128.load(from, 2880), v128.load(from, 3840),
      temporary + j * 16, 80,
    );
  }
  for (let a: usize = 0; a < 3; a++, to += 3 * tap) {
    const t = temporary + a * 80;
    if (!add) {
      transformOutput3(v128.load(t), v128.load(t, 16), v128.load(t, 32), v128.load(t, 48), v128.load(t, 64), to, tap);
      continue;
    }
    const before0 = v128.load(to), before1 = v128.load(to + tap), before2 = v128.load(to + 2 * tap);
    transformOutput3(v128.load(t), v128.load(t, 16), v128.load(t, 32), v128.load(t, 48), v128.load(t, 64), to, tap);
    v128.store(to, v128.add<f32>(v128.load(to), before0));
    v128.store(to + tap, v128.add<f32>(v128.load(to + tap), before1));
    v128.store(to + 2 * tap, v128.add<f32>(v128.load(to + 2 * tap), before2));
  }
}
