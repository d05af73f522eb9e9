import { arg, ptr, share, take } from './share';
import { dotTileFrom, dotTileOf4, putZeros, rowOr0 } from './tile';

/*
 * 3×3 convolutions of stride 1 by F(3×3, 3×3), at the points 0, ±1, 2, ∞: 25 multiplications per channel pair for 3×3
 * outputs.
 *
 * Meant for small images with many channels, such as 6×6 and 3×3, whose sides F(4×4, 3×3) fills badly. There the
 * transformed filter is the largest operand, tens of MB, so it isn't written to memory. Each thread transforms the
 * filter for some panels of 8 output channels into its L2 and multiplies all tiles of the batch by it.
 *
 * The gradient of the filter is F(3×3, 3×3) as well (winograd3Grad.ts). Channels must be a multiple of 4.
 */

/** How many planes a transformed tile has. */
export const PLANES: usize = 25;

/** The layout of the tiles: `size` × `size` pixels each, three pixels apart, the first at (−top, −left) of an image. */
@unmanaged
export class Tiles3 {
  h: i32; w: i32; channels: i32; tilesY: i32; tilesX: i32; top: i32; left: i32;
}

/**
 * Writes the addresses of the size × size pixels of a tile, row by row. Pixels outside the image get the address of a
 * zero pixel.
 */
export function tilePixels(x: usize, s: Tiles3, tile: i32, size: i32, zeros: usize, to: usize): void {
  const perImage = s.tilesY * s.tilesX, image = tile / perImage, pixel = <usize>s.channels * 4;
  const y0 = (tile % perImage) / s.tilesX * 3 - s.top, x0 = (tile % s.tilesX) * 3 - s.left;
  for (let a = y0; a < y0 + size; a++) {
    for (let b = x0; b < x0 + size; b++, to += 4) {
      const inside = a >= 0 && a < s.h && b >= 0 && b < s.w;
      store<usize>(to, inside ? x + <usize>((image * s.h + a) * s.w + b) * pixel : zeros);
    }
  }
}

/** Bᵀ d: five lines of four channels each into five. */
@inline
function transformInput(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, to: usize, next: usize): void {
  const two = f32x4.splat(2), e = v128.sub<f32>(d3, d1), t1 = v128.mul<f32>(two, d1);
  v128.store(to, v128.add<f32>(v128.mul<f32>(two, v128.sub<f32>(d0, d2)), e));
  v128.store(to + next, v128.sub<f32>(v128.sub<f32>(d3, d2), t1));
  v128.store(to + 2 * next, v128.add<f32>(t1, v128.sub<f32>(d3, v128.mul<f32>(f32x4.splat(3), d2))));
  v128.store(to + 3 * next, e);
  v128.store(to + 4 * next, v128.sub<f32>(v128.sub<f32>(d4, d2), v128.mul<f32>(two, e)));
}

/**
 * Bᵀ d B of the tiles of a batch, V[25][…]. Without `panels`, rows of channels, `row` bytes apart; with `panels`, six
 * channels of each tile in turn, [channels / 6][tiles × 6].
 *
 * Arguments: x, V, tiles, bytes of a plane of V, bytes of a row, panels, scratch, bytes of scratch per thread (912 + 4
 * × channels), height, width, channels, tiles per column, tiles per row, pad top, pad left. Threads share the tiles.
 */
export function winograd3Input(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), v = ptr(args, 1), tiles = arg(args, 2), plane = ptr(args, 3), row = ptr(args, 4);
  const panels = arg(args, 5), s = changetype<Tiles3>(args + 32), channels = s.channels;
  const temporary = ptr(args, 6) + ptr(args, 7) * <usize>thread, out = temporary + 400, at = out + 400, zeros = at + 112;
  memory.fill(zeros, 0, <usize>channels * 4);
  const end = share(tiles, thread + 1, threads);
  for (let tile = share(tiles, thread, threads); tile < end; tile++) {
    tilePixels(x, s, tile, 5, zeros, at);
    for (let c = 0; c < channels; c += 4) {
      const o = <usize>c * 4;
      for (let j: usize = 0; j < 5; j++) {
        const p = at + j * 4;
        transformInput(
          v128.load(load<usize>(p) + o), v128.load(load<usize>(p, 20) + o), v128.load(load<usize>(p, 40) + o),
          v128.load(load<usize>(p, 60) + o), v128.load(load<usize>(p, 80) + o), temporary + j * 16, 80,
        );
      }
      for (let i: usize = 0; i < 5; i++) {
        const t = temporary + i * 80;
        transformInput(
          v128.load(t), v128.load(t, 16), v128.load(t, 32), v128.load(t, 48), v128.load(t, 64), out + i * 80, 16,
        );
      }
      let low = v + (panels ? panelOffset(c, tile, tiles) : <usize>tile * row + o);
      let high = panels ? v + panelOffset(c + 2, tile, tiles) : low + 8;
      for (let i: usize = 0; i < PLANES; i++, low += plane, high += plane) {
        const value = v128.load(out + i * 16);
        v128.store64_lane(low, value, 0);
        v128.store64_lane(high, value, 1);
      }
    }
  }
}

/** Address of channel c (even) of a tile in panels of six. */
@inline
function panelOffset(c: i32, tile: i32, tiles: i32): usize {
  return <usize>((c / 6 * tiles + tile) * 6 + c % 6) * 4;
}

/** G g: three lines of four channels each into five. */
@inline
export function transformFilter3(g0: v128, g1: v128, g2: v128, to: usize, next: usize): void {
  const half = f32x4.splat(0.5), sixth = f32x4.splat(1.0 / 6.0);
  const e = v128.add<f32>(g0, g2), e4 = v128.add<f32>(g0, v128.mul<f32>(f32x4.splat(4), g2));
  v128.store(to, v128.mul<f32>(half, g0));
  v128.store(to + next, v128.mul<f32>(f32x4.splat(-0.5), v128.add<f32>(e, g1)));
  v128.store(to + 2 * next, v128.mul<f32>(sixth, v128.sub<f32>(g1, e)));
  v128.store(to + 3 * next, v128.mul<f32>(sixth, v128.add<f32>(e4, v128.add<f32>(g1, g1))));
  v128.store(to + 4 * next, g2);
}

/** Transposes four rows of a matrix, four columns of each. */
@inline
function transpose(from: usize, step: usize, to: usize): void {
  const r0 = v128.load(from), r1 = v128.load(from + step), r2 = v128.load(from + 2 * step), r3 = v128.load(from + 3 * step);
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7), 16);
  v128.store(to, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5), 32);
  v128.store(to, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7), 48);
}

/**
 * G g Gᵀ of the panels from `first` to `last` of a filter (3×3×in×out), U[25][panels][k × 8], where k counts the
 * channels to sum over. With `rotate`, the filter is rotated by 180° and in and out are exchanged.
 */
function filterPanels(
  filter: usize, cin: i32, cout: i32, rotate: i32, first: i32, last: i32, u: usize, plane: usize, temporary: usize,
): void {
  const k = rotate ? cout : cin, tap = <usize>(cin * cout) * 4, step = <usize>cout * 4, rows = temporary + 576;
  for (let o = first * 8; o < last * 8; o += 4) {
    for (let c = 0; c < k; c += 4) {
      for (let t: usize = 0; t < 9; t++) {
        const block = temporary + t * 64;
        if (rotate) {
          transpose(filter + (8 - t) * tap + <usize>(o * cout + c) * 4, step, block);
          continue;
        }
        const from = filter + t * tap + <usize>(c * cout + o) * 4;
        v128.store(block, v128.load(from));
        v128.store(block, v128.load(from + step), 16);
        v128.store(block, v128.load(from + 2 * step), 32);
        v128.store(block, v128.load(from + 3 * step), 48);
      }
      const to = u + <usize>((o / 8 - first) * k + c) * 32 + <usize>(o & 4) * 4;
      for (let i: usize = 0; i < 4; i++) {
        for (let j: usize = 0; j < 3; j++) {
          const g = temporary + j * 64 + i * 16;
          transformFilter3(v128.load(g), v128.load(g, 192), v128.load(g, 384), rows + j * 16, 48);
        }
        for (let a: usize = 0; a < 5; a++) {
          const r = rows + a * 48;
          transformFilter3(v128.load(r), v128.load(r, 16), v128.load(r, 32), to + i * 32 + a * 5 * plane, plane);
        }
      }
    }
  }
}

/**
 * The transformed filter of all groups of panels, to be cached: U[groups][25][panels per group][k × 8].
 *
 * Arguments: filter, U, in, out (of the filter as stored), rotate, panels per group, bytes of a plane of U, scratch,
 * bytes of scratch per thread (816). Threads share the groups. The number of output channels is a multiple of 8.
 */
export function winograd3Filter(args: usize, thread: i32, threads: i32): void {
  const filter = ptr(args, 0), u = ptr(args, 1), cin = arg(args, 2), cout = arg(args, 3), rotate = arg(args, 4);
  const group = arg(args, 5), plane = ptr(args, 6), temporary = ptr(args, 7) + ptr(args, 8) * <usize>thread;
  const panels = (rotate ? cin : cout) / 8, groups = (panels + group - 1) / group, end = share(groups, thread + 1, threads);
  for (let i = share(groups, thread, threads); i < end; i++) {
    const last = min(panels, (i + 1) * group);
    filterPanels(filter, cin, cout, rotate, i * group, last, u + <usize>i * PLANES * plane, plane, temporary);
  }
}

/** Aᵀ m: five lines into three. */
@inline
export function transformOutput3(m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, to: usize, next: usize): void {
  const s = v128.add<f32>(m1, m2), d = v128.sub<f32>(m1, m2);
  v128.store(to, v128.add<f32>(v128.add<f32>(m0, s), m3));
  v128.store(to + next, v128.add<f32>(d, v128.add<f32>(m3, m3)));
  v128.store(to + 2 * next, v128.add<f32>(v128.add<f32>(s, v128.mul<f32>(f32x4.splat(4), m3)), m4));
}

/**
 * y = conv(x, filter) (+ bias) (ReLU) from the transformed tiles of x.
 *
 * Arguments: V (rows), filter, cached U of winograd3Filter (0: transform the filter here), y, bias (0: none), in, out
 * (of the filter as stored), rotate, panels per group, bytes of a plane of U, tiles, tiles per column, tiles per row,
 * out height, out width, bytes of a plane of V, bytes of a row of V, relu, scratch, bytes of scratch per thread.
 * Scratch: 4 × k rounded up to 64 bytes, 832, a group of U if none is cached, and 25 planes of M, (tiles rounded up to
 * a multiple of 6) × group × 32 + 64.
 *
 * Loops: group of panels → plane → panel → six tiles. A panel of U stays in L1 while the plane's tiles pass; the
 * group's U and M stay in L2. Threads share the groups.
 */
export function winograd3Conv(args: usize, thread: i32, threads: i32): void {
  const v = ptr(args, 0), filter = ptr(args, 1), kept = ptr(args, 2), y = ptr(args, 3), bias = ptr(args, 4);
  const cin = arg(args, 5), cout = arg(args, 6), rotate = arg(args, 7), group = arg(args, 8), planeU = ptr(args, 9);
  const tiles = arg(args, 10), tilesY = arg(args, 11), tilesX = arg(args, 12), oh = arg(args, 13), ow = arg(args, 14);
  const planeV = ptr(args, 15), rowV = ptr(args, 16), relu = arg(args, 17);
  const k = rotate ? cout : cin, n = rotate ? cin : cout, panels = n / 8, groups = (panels + group - 1) / group;
  const table = ptr(args, 18) + ptr(args, 19) * <usize>thread, temporary = table + ((<usize>k * 4 + 63) & ~63);
  const own = temporary + 832, m = own + (kept ? 0 : PLANES * planeU), rowM = <usize>group * 32;
  const planeM = <usize>((tiles + 5) / 6 * 6) * rowM + 64;
  for (let i = 0; i < k; i++) store<usize>(table + i * 4, <usize>i * 4);
  const tableEnd = table + <usize>k * 4;
  for (let g = take(args, groups, thread, threads); g >= 0; g = take(args, groups, thread, threads)) {
    const first = g * group, last = min(panels, first + group);
    if (!kept) filterPanels(filter, cin, cout, rotate, first, last, own, planeU, temporary);
    const u = kept ? kept + <usize>g * PLANES * planeU : own;
    putZeros(temporary);
    for (let i: usize = 0; i < PLANES; i++) {
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
    putOut(m, planeM, rowM, tiles, (last - first) * 8, tilesY, tilesX, oh, ow, n, start, relu, temporary, at);
  }
}

/** Writes Aᵀ m A of some channels of all tiles, with bias and ReLU, into y. */
function putOut(
  m: usize, planeM: usize, rowM: usize, tiles: i32, channels: i32, tilesY: i32, tilesX: i32, oh: i32, ow: i32, n: i32,
  bias: usize, relu: i32, temporary: usize, y: usize,
): void {
  const perImage = tilesY * tilesX, pixel = <usize>n * 4, block = temporary + 240;
  const zero = f32x4.splat(0), floor = f32x4.splat(relu ? 0 : -Infinity), lineM = <usize>5 * planeM;
  for (let tile = 0; tile < tiles; tile++) {
    const image = tile / perImage, ty = (tile % perImage) / tilesX * 3, tx = tile % tilesX * 3;
    const rows = <usize>min(3, oh - ty), columns = <usize>min(3, ow - tx);
    const target = y + <usize>((image * oh + ty) * ow + tx) * pixel;
    for (let c: usize = 0; c < <usize>channels * 4; c += 16) {
      for (let j: usize = 0; j < 5; j++) {
        const from = m + <usize>tile * rowM + c + j * planeM;
        transformOutput3(
          v128.load(from), v128.load(from + lineM), v128.load(from + 2 * lineM), v128.load(from + 3 * lineM),
          v128.load(from + 4 * lineM), temporary + j * 16, 80,
        );
      }
      const start = bias ? v128.load(bias + c) : zero;
      for (let a: usize = 0; a < rows; a++) {
        const t = temporary + a * 80, to = target + a * <usize>ow * pixel + c;
        transformOutput3(v128.load(t), v128.load(t, 16), v128.load(t, 32), v128.load(t, 48), v128.load(t, 64), block, 16);
        for (let b: usize = 0; b < columns; b++) {
          v128.store(to + b * pixel, f32x4.max(v128.add<f32>(v128.load(block + b * 16), start), floor));
        }
      }
    }
  }
}
