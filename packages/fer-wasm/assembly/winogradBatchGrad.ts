import { arg, ptr, share, take } from './share';
import { outerTileFrom } from './outerTile';
import { putZeros } from './tile';
import { BatchTiles, tilePixels } from './winogradBatch';
import { transformFilter3, transformGradient6, transformOutput3, transformOutput6 } from './winogradTransforms';

/*
 * The gradient of a 3×3 filter by Winograd's minimal filtering: a tile of dy, 3×3 or 6×6, takes the place of the filter,
 * and the filter's gradient that of the outputs. Both operands are packed into panels, so that the loop over the tiles
 * reads each of them sequentially.
 */

/**
 * G dy Gᵀ of the tiles of a batch, D[planes][out / 8][tiles × 8].
 *
 * Arguments: dy, D, tiles, bytes of a plane of D, scratch, bytes of scratch per thread (912 + 4 × channels), unused,
 * unused, out height, out width, channels, tiles per column, tiles per row, 0, 0, side of the tiles. Threads share the
 * tiles.
 */
export function winogradBatchGradOutput(args: usize, thread: i32, threads: i32): void {
  const dy = ptr(args, 0), d = ptr(args, 1), tiles = arg(args, 2), plane = ptr(args, 3);
  const s = changetype<BatchTiles>(args + 32), side = s.side;
  const lines = ptr(args, 4) + ptr(args, 5) * <usize>thread, at = lines + 768, zeros = at + 144;
  memory.fill(zeros, 0, <usize>s.channels * 4);
  const end = share(tiles, thread + 1, threads);
  for (let tile = share(tiles, thread, threads); tile < end; tile++) {
    tilePixels(dy, s, tile, side, zeros, at);
    for (let c = 0; c < s.channels; c += 4) {
      const to = d + <usize>((c >> 3) * tiles + tile) * 32 + <usize>(c & 4) * 4;
      if (side == 3) gradientTile3(at, <usize>c * 4, lines, to, plane);
      else gradientTile6(at, <usize>c * 4, lines, to, plane);
    }
  }
}

/** G dy Gᵀ of a tile of 3×3, four channels at offset `o` of its pixels. */
function gradientTile3(at: usize, o: usize, lines: usize, to: usize, plane: usize): void {
  for (let j: usize = 0; j < 3; j++, at += 4) {
    transformFilter3(
      v128.load(load<usize>(at) + o), v128.load(load<usize>(at, 12) + o), v128.load(load<usize>(at, 24) + o),
      lines + j * 16, 48,
    );
  }
  for (let i: usize = 0; i < 5; i++, lines += 48, to += 5 * plane) {
    transformFilter3(v128.load(lines), v128.load(lines, 16), v128.load(lines, 32), to, plane);
  }
}

/** As {@link gradientTile3}, for tiles of 6×6. */
function gradientTile6(at: usize, o: usize, lines: usize, to: usize, plane: usize): void {
  for (let j: usize = 0; j < 6; j++, at += 4) {
    transformGradient6(
      v128.load(load<usize>(at) + o), v128.load(load<usize>(at, 24) + o), v128.load(load<usize>(at, 48) + o),
      v128.load(load<usize>(at, 72) + o), v128.load(load<usize>(at, 96) + o), v128.load(load<usize>(at, 120) + o),
      lines + j * 16, 96,
    );
  }
  for (let i: usize = 0; i < 8; i++, lines += 96, to += 8 * plane) {
    transformGradient6(
      v128.load(lines), v128.load(lines, 16), v128.load(lines, 32), v128.load(lines, 48), v128.load(lines, 64),
      v128.load(lines, 80), to, plane,
    );
  }
}

/**
 * dw (3×3×in×out) = Aᵀ(Σ V·D)A.
 *
 * Arguments: V (panels of six), D, dw, tiles, in, out (a multiple of 8), bytes of a plane of V, and of D, add (whether
 * to add to the values in dw), panels per group, scratch, bytes of scratch per thread (192 × planes + 384 + 4 × tiles),
 * side of the tiles.
 *
 * Loops: group of panels of D, which stays in L2 → six input channels → panel → plane. The sums of 6×8 of all planes are
 * transformed into 3×3 at once. Threads share the pairs of group and six channels.
 */
export function winogradBatchFilterGrad(args: usize, thread: i32, threads: i32): void {
  const v = ptr(args, 0), d = ptr(args, 1), dw = ptr(args, 2), tiles = arg(args, 3), cin = arg(args, 4);
  const cout = arg(args, 5), planeV = ptr(args, 6), planeD = ptr(args, 7), add = arg(args, 8), group = arg(args, 9);
  const side = arg(args, 12), planes = <usize>((side + 2) * (side + 2));
  const sums = ptr(args, 10) + ptr(args, 11) * <usize>thread, temporary = sums + planes * 192, table = temporary + 384;
  for (let i = 0; i < tiles; i++) store<usize>(table + i * 4, <usize>i * 24);
  const tableEnd = table + <usize>tiles * 4, panels = cout / 8, sixes = (cin + 5) / 6;
  const units = (panels + group - 1) / group * sixes;
  for (let unit = take(args, units, thread, threads); unit >= 0; unit = take(args, units, thread, threads)) {
    const first = unit / sixes * group, last = min(panels, first + group), c = unit % sixes * 6, rows = min(6, cin - c);
    const a = v + <usize>(c * tiles) * 4;
    for (let p = first; p < last; p++) {
      const b = d + <usize>(p * tiles) * 32;
      putZeros(temporary);
      for (let i: usize = 0; i < planes; i++) {
        outerTileFrom(a + i * planeV, table, tableEnd, b + i * planeD, 32, temporary, sums + i * 192, 32);
      }
      for (let r = 0; r < rows; r++) {
        const to = dw + <usize>((c + r) * cout + p * 8) * 4;
        turn(sums + <usize>r * 32, temporary, to, <usize>(cin * cout) * 4, add, side);
        turn(sums + <usize>r * 32 + 16, temporary, to + 16, <usize>(cin * cout) * 4, add, side);
      }
    }
  }
}

/** Aᵀ w A of four output channels: the sums of all planes, 192 bytes apart, into 3×3, `tap` bytes apart. */
function turn(w: usize, temporary: usize, to: usize, tap: usize, add: i32, side: i32): void {
  if (side == 3) turnLines3(w, temporary);
  else turnLines6(w, temporary);
  for (let a: usize = 0; a < 3; a++, to += 3 * tap) {
    let before0 = f32x4.splat(0), before1 = before0, before2 = before0;
    if (add) {
      before0 = v128.load(to);
      before1 = v128.load(to + tap);
      before2 = v128.load(to + 2 * tap);
    }
    if (side == 3) {
      const t = temporary + a * 80;
      transformOutput3(v128.load(t), v128.load(t, 16), v128.load(t, 32), v128.load(t, 48), v128.load(t, 64), to, tap);
    } else {
      const t = temporary + a * 128;
      transformOutput6(
        v128.load(t), v128.load(t, 16), v128.load(t, 32), v128.load(t, 48), v128.load(t, 64), v128.load(t, 80),
        v128.load(t, 96), v128.load(t, 112), to, tap, 3,
      );
    }
    if (!add) continue;
    v128.store(to, v128.add<f32>(v128.load(to), before0));
    v128.store(to + tap, v128.add<f32>(v128.load(to + tap), before1));
    v128.store(to + 2 * tap, v128.add<f32>(v128.load(to + 2 * tap), before2));
  }
}

/** Aᵀ w for tiles of 3×3. */
function turnLines3(w: usize, lines: usize): void {
  for (let j: usize = 0; j < 5; j++, w += 192, lines += 16) {
    transformOutput3(
      v128.load(w), v128.load(w, 960), v128.load(w, 1920), v128.load(w, 2880), v128.load(w, 3840), lines, 80,
    );
  }
}

/** Aᵀ w for tiles of 6×6. */
function turnLines6(w: usize, lines: usize): void {
  for (let j: usize = 0; j < 8; j++, w += 192, lines += 16) {
    transformOutput6(
      v128.load(w), v128.load(w, 1536), v128.load(w, 3072), v128.load(w, 4608), v128.load(w, 6144), v128.load(w, 7680),
      v128.load(w, 9216), v128.load(w, 10752), lines, 128, 3,
    );
  }
}
