import { arg, ptr, share, take } from './share';
import { dotTileFrom, dotTileOf4, putZeros, rowOr0 } from './tile';
import { filterPanels } from './winogradBatchFilter';
import { transformInput3, transformInput6, transformOutput3, transformOutput6 } from './winogradTransforms';

/*
 * 3×3 convolutions of stride 1 by Winograd's minimal filtering, with tiles of 3×3 outputs (25 multiplications per channel
 * pair) or of 6×6 (64). The side of the tiles, 3 or 6, is an argument of each kernel.
 *
 * All tiles of a batch are transformed. The transformed filter, for many channels the largest operand with tens of MB, is
 * only written to memory if it will be read again. Otherwise each thread transforms the filter for some panels of 8
 * output channels into its L2 and multiplies all tiles of the batch by it.
 *
 * The gradient of the filter works alike (winogradBatchGrad.ts). Channels must be a multiple of 4.
 */

/** Bytes of scratch for a tile between its two transforms, and for the transformed tile, at most. */
const LINES: usize = 1024;
/** Bytes of scratch for the addresses of a tile's pixels, at most. */
const PIXELS: usize = 256;

/**
 * The layout of the tiles: they are `side` pixels apart, the first at (−top, −left) of an image, `side` being that of
 * their outputs.
 */
@unmanaged
export class BatchTiles {
  h: i32; w: i32; channels: i32; tilesY: i32; tilesX: i32; top: i32; left: i32; side: i32;
}

/**
 * Writes the addresses of the size × size pixels of a tile, row by row. Pixels outside the image get the address of a
 * zero pixel.
 */
export function tilePixels(x: usize, s: BatchTiles, tile: i32, size: i32, zeros: usize, to: usize): void {
  const perImage = s.tilesY * s.tilesX, image = tile / perImage, pixel = <usize>s.channels * 4;
  const y0 = (tile % perImage) / s.tilesX * s.side - s.top, x0 = (tile % s.tilesX) * s.side - s.left;
  for (let a = y0; a < y0 + size; a++) {
    for (let b = x0; b < x0 + size; b++, to += 4) {
      const inside = a >= 0 && a < s.h && b >= 0 && b < s.w;
      store<usize>(to, inside ? x + <usize>((image * s.h + a) * s.w + b) * pixel : zeros);
    }
  }
}

/**
 * Bᵀ d B of the tiles of a batch, V[planes][…]. Without `panels`, rows of channels, `row` bytes apart; with `panels`, six
 * channels of each tile in turn, [channels / 6][tiles × 6].
 *
 * Arguments: x, V, tiles, bytes of a plane of V, bytes of a row, panels, scratch, bytes of scratch per thread (2,304 + 4
 * × channels), height, width, channels, tiles per column, tiles per row, pad top, pad left, side of the tiles. Threads
 * share the tiles.
 */
export function winogradBatchInput(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), v = ptr(args, 1), tiles = arg(args, 2), plane = ptr(args, 3), row = ptr(args, 4);
  const panels = arg(args, 5), s = changetype<BatchTiles>(args + 32), channels = s.channels;
  const lines = ptr(args, 6) + ptr(args, 7) * <usize>thread, out = lines + LINES, at = out + LINES, zeros = at + PIXELS;
  const size = s.side + 2, n = <usize>size;
  memory.fill(zeros, 0, <usize>channels * 4);
  const end = share(tiles, thread + 1, threads);
  for (let tile = share(tiles, thread, threads); tile < end; tile++) {
    tilePixels(x, s, tile, size, zeros, at);
    for (let c = 0; c < channels; c += 4) {
      const o = <usize>c * 4;
      if (size == 5) inputLines3(at, o, lines);
      else inputLines6(at, o, lines);
      const rows = v + <usize>tile * row + o, to = panels ? out : rows, next: usize = panels ? 16 : plane;
      for (let i: usize = 0; i < n; i++) {
        if (size == 5) inputColumns3(lines + i * 80, to + i * 5 * next, next);
        else inputColumns6(lines + i * 128, to + i * 8 * next, next);
      }
      if (!panels) continue;
      let low = v + panelOffset(c, tile, tiles), high = v + panelOffset(c + 2, tile, tiles);
      for (let i: usize = 0; i < n * n; i++, low += plane, high += plane) {
        const value = v128.load(out + i * 16);
        v128.store64_lane(low, value, 0);
        v128.store64_lane(high, value, 1);
      }
    }
  }
}

/** Bᵀ d of a tile for 3×3 outputs, four channels at offset `o` of its pixels. */
function inputLines3(at: usize, o: usize, lines: usize): void {
  for (let j: usize = 0; j < 5; j++, at += 4, lines += 16) {
    transformInput3(
      v128.load(load<usize>(at) + o), v128.load(load<usize>(at, 20) + o), v128.load(load<usize>(at, 40) + o),
      v128.load(load<usize>(at, 60) + o), v128.load(load<usize>(at, 80) + o), lines, 80,
    );
  }
}

/** As {@link inputLines3}, for 6×6 outputs. */
function inputLines6(at: usize, o: usize, lines: usize): void {
  for (let j: usize = 0; j < 8; j++, at += 4, lines += 16) {
    transformInput6(
      v128.load(load<usize>(at) + o), v128.load(load<usize>(at, 32) + o), v128.load(load<usize>(at, 64) + o),
      v128.load(load<usize>(at, 96) + o), v128.load(load<usize>(at, 128) + o), v128.load(load<usize>(at, 160) + o),
      v128.load(load<usize>(at, 192) + o), v128.load(load<usize>(at, 224) + o), lines, 128,
    );
  }
}

@inline
function inputColumns3(t: usize, to: usize, next: usize): void {
  transformInput3(v128.load(t), v128.load(t, 16), v128.load(t, 32), v128.load(t, 48), v128.load(t, 64), to, next);
}

@inline
function inputColumns6(t: usize, to: usize, next: usize): void {
  transformInput6(
    v128.load(t), v128.load(t, 16), v128.load(t, 32), v128.load(t, 48), v128.load(t, 64), v128.load(t, 80),
    v128.load(t, 96), v128.load(t, 112), to, next,
  );
}

/** Address of channel c (even) of a tile in panels of six. */
@inline
function panelOffset(c: i32, tile: i32, tiles: i32): usize {
  return <usize>((c / 6 * tiles + tile) * 6 + c % 6) * 4;
}

/**
 * y = conv(x, filter) (+ bias) (ReLU) from the transformed tiles of x.
 *
 * Arguments: V (rows), filter, cached U of winogradBatchFilter (0: transform the filter here), y, bias (0: none), in, out
 * (of the filter as stored), rotate, panels per group, bytes of a plane of U, tiles, tiles per column, tiles per row,
 * out height, out width, bytes of a plane of V, bytes of a row of V, relu, scratch, bytes of scratch per thread, side of
 * the tiles. Scratch: 4 × k rounded up to 64 bytes, 1,024, a group of U if none is cached, and all planes of M, (tiles
 * rounded up to a multiple of 6) × group × 32 + 64.
 *
 * Loops: group of panels → plane → panel → six tiles. A panel of U stays in L1 while the plane's tiles pass; the
 * group's U and M stay in L2. Threads share the groups.
 */
export function winogradBatchConv(args: usize, thread: i32, threads: i32): void {
  const v = ptr(args, 0), filter = ptr(args, 1), kept = ptr(args, 2), y = ptr(args, 3), bias = ptr(args, 4);
  const cin = arg(args, 5), cout = arg(args, 6), rotate = arg(args, 7), group = arg(args, 8), planeU = ptr(args, 9);
  const tiles = arg(args, 10), tilesY = arg(args, 11), tilesX = arg(args, 12), oh = arg(args, 13), ow = arg(args, 14);
  const planeV = ptr(args, 15), rowV = ptr(args, 16), relu = arg(args, 17);
  const side = arg(args, 20), planes = <usize>((side + 2) * (side + 2));
  const k = rotate ? cout : cin, n = rotate ? cin : cout, panels = n / 8, groups = (panels + group - 1) / group;
  const table = ptr(args, 18) + ptr(args, 19) * <usize>thread, temporary = table + ((<usize>k * 4 + 63) & ~63);
  const own = temporary + LINES, m = own + (kept ? 0 : planes * planeU), rowM = <usize>group * 32;
  const planeM = <usize>((tiles + 5) / 6 * 6) * rowM + 64;
  for (let i = 0; i < k; i++) store<usize>(table + i * 4, <usize>i * 4);
  const tableEnd = table + <usize>k * 4;
  for (let g = take(args, groups, thread, threads); g >= 0; g = take(args, groups, thread, threads)) {
    const first = g * group, last = min(panels, first + group);
    if (!kept) filterPanels(filter, cin, cout, rotate, first, last, own, planeU, temporary, side);
    const u = kept ? kept + <usize>g * planes * planeU : own;
    putZeros(temporary);
    for (let i: usize = 0; i < planes; i++) {
      for (let p = 0; p < last - first; p++) {
        const panel = u + i * planeU + <usize>(p * k) * 32;
        let a = v + i * planeV, c = m + i * planeM + <usize>p * 32;
        for (let t = 0; t < tiles; t += 6, a += 6 * rowV, c += 6 * rowM) {
          const rows = tiles - t;
          if (rows <= 4) {
            for (let r: usize = 0; r < 4; r++) putZeros(c + r * rowM);
            dotTileOf4(
              a, rowOr0(a + rowV, 1, rows, a), rowOr0(a + 2 * rowV, 2, rows, a), rowOr0(a + 3 * rowV, 3, rows, a), table,
              tableEnd, panel, c, rowM,
            );
            continue;
          }
          dotTileFrom(
            a, rowOr0(a + rowV, 1, rows, a), rowOr0(a + 2 * rowV, 2, rows, a), rowOr0(a + 3 * rowV, 3, rows, a),
            rowOr0(a + 4 * rowV, 4, rows, a), rowOr0(a + 5 * rowV, 5, rows, a), table, tableEnd, panel,
            temporary, c, rowM,
          );
        }
      }
    }
    const at = y + <usize>first * 32, start = bias ? bias + <usize>first * 32 : 0;
    putOut(m, planeM, rowM, tiles, (last - first) * 8, tilesY, tilesX, oh, ow, n, start, relu, temporary, at, side);
  }
}

/** Writes Aᵀ m A of some channels of all tiles, with bias and ReLU, into y. */
function putOut(
  m: usize, planeM: usize, rowM: usize, tiles: i32, channels: i32, tilesY: i32, tilesX: i32, oh: i32, ow: i32, n: i32,
  bias: usize, relu: i32, temporary: usize, y: usize, side: i32,
): void {
  const perImage = tilesY * tilesX, pixel = <usize>n * 4, block = temporary + 768, step = <usize>(side + 2) * 16;
  const zero = f32x4.splat(0), floor = f32x4.splat(relu ? 0 : -Infinity);
  for (let tile = 0; tile < tiles; tile++) {
    const image = tile / perImage, ty = (tile % perImage) / tilesX * side, tx = tile % tilesX * side;
    const rows = <usize>min(side, oh - ty), columns = <usize>min(side, ow - tx);
    const target = y + <usize>((image * oh + ty) * ow + tx) * pixel;
    for (let c: usize = 0; c < <usize>channels * 4; c += 16) {
      const from = m + <usize>tile * rowM + c;
      if (side == 3) outputLines3(from, planeM, temporary);
      else outputLines6(from, planeM, temporary);
      const start = bias ? v128.load(bias + c) : zero;
      for (let a: usize = 0; a < rows; a++) {
        const t = temporary + a * step, to = target + a * <usize>ow * pixel + c;
        if (side == 3) {
          transformOutput3(v128.load(t), v128.load(t, 16), v128.load(t, 32), v128.load(t, 48), v128.load(t, 64), block, 16);
        } else {
          transformOutput6(
            v128.load(t), v128.load(t, 16), v128.load(t, 32), v128.load(t, 48), v128.load(t, 64), v128.load(t, 80),
            v128.load(t, 96), v128.load(t, 112), block, 16, 6,
          );
        }
        for (let b: usize = 0; b < columns; b++) {
          v128.store(to + b * pixel, f32x4.max(v128.add<f32>(v128.load(block + b * 16), start), floor));
        }
      }
    }
  }
}

/** Aᵀ m of a tile of 3×3 outputs, four channels. */
function outputLines3(from: usize, plane: usize, lines: usize): void {
  const line: usize = 5 * plane;
  for (let j: usize = 0; j < 5; j++, from += plane, lines += 16) {
    transformOutput3(
      v128.load(from), v128.load(from + line), v128.load(from + 2 * line), v128.load(from + 3 * line),
      v128.load(from + 4 * line), lines, 80,
    );
  }
}

/** As {@link outputLines3}, for 6×6 outputs. */
function outputLines6(from: usize, plane: usize, lines: usize): void {
  const line: usize = 8 * plane;
  for (let j: usize = 0; j < 8; j++, from += plane, lines += 16) {
    transformOutput6(
      v128.load(from), v128.load(from + line), v128.load(from + 2 * line), v128.load(from + 3 * line),
      v128.load(from + 4 * line), v128.load(from + 5 * line), v128.load(from + 6 * line), v128.load(from + 7 * line),
      lines, 128, 6,
    );
  }
}
