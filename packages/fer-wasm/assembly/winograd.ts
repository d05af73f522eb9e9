import { madd } from './madd';
import { arg, ptr, share, take } from './share';
import { outerTile } from './outerTile';
import { dotTileFrom, putZeros } from './tile';

/*
 * 3×3 convolutions of stride 1 by Winograd's minimal filtering, F(4×4, 3×3) (Lavin & Gray, 2016). A tile of 4×4 outputs
 * takes 36 multiplications per channel pair instead of 144. With the interpolation points 0, ±1, ±2, ∞
 *
 *   Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A.
 *
 * Summed over the input channels, ⊙ becomes 36 matrix products. The gradient of the filter is F(3×3, 4×4) at the same
 * points: it has the same Bᵀ d B, dy in place of g, and other matrices G and A. Channels must be a multiple of 4.
 */

/** Bᵀ d: six lines of four channels each into six. */
@inline
function transformInput(
  d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, to: usize, next: usize,
): void {
  const four = f32x4.splat(4), less4 = f32x4.splat(-4), less5 = f32x4.splat(-5);
  const a = madd(less4, d2, d4), b = madd(less4, d1, d3), c = v128.sub<f32>(d4, d2), e = v128.sub<f32>(d3, d1);
  v128.store(to, madd(four, d0, madd(less5, d2, d4)));
  v128.store(to + next, v128.add<f32>(a, b));
  v128.store(to + 2 * next, v128.sub<f32>(a, b));
  v128.store(to + 3 * next, madd(f32x4.splat(2), e, c));
  v128.store(to + 4 * next, madd(f32x4.splat(-2), e, c));
  v128.store(to + 5 * next, madd(four, d1, madd(less5, d3, d5)));
}

/**
 * Bᵀ d B of one tile and four channels. The six lines of d start at r0 to r5, and only their pixels from `left` to
 * `right` are inside the image. Pixels are `pixel` bytes apart, the 36 results `plane` bytes.
 */
function inputTile(
  r0: usize, r1: usize, r2: usize, r3: usize, r4: usize, r5: usize, left: i32, right: i32, pixel: usize,
  temporary: usize, to: usize, plane: usize,
): void {
  const zero = f32x4.splat(0);
  for (let x = 0; x < 6; x++) {
    const t = temporary + <usize>x * 16;
    if (x < left || x >= right) {
      v128.store(t, zero);
      v128.store(t, zero, 96);
      v128.store(t, zero, 192);
      v128.store(t, zero, 288);
      v128.store(t, zero, 384);
      v128.store(t, zero, 480);
    } else {
      const o = <usize>x * pixel;
      transformInput(
        v128.load(r0 + o), v128.load(r1 + o), v128.load(r2 + o), v128.load(r3 + o), v128.load(r4 + o),
        v128.load(r5 + o), t, 96,
      );
    }
  }
  for (let y: usize = 0; y < 6; y++) {
    const t = temporary + y * 96;
    transformInput(
      v128.load(t), v128.load(t, 16), v128.load(t, 32), v128.load(t, 48), v128.load(t, 64), v128.load(t, 80),
      to + y * 6 * plane, plane,
    );
  }
}

/**
 * Bytes from one of the 36 planes to the next: an odd number of cache lines, so that the 36 stores of a transform don't
 * map to the same few sets of L1.
 */
@inline
function planeBytes(rows: i32, channels: i32): usize {
  return ((<usize>(rows * channels) * 4 + 63) & ~63) | 64;
}

/** Parameters of a loop over tiles. `first` and `count` are in tiles, numbered row by row, image by image. */
class Tiles {
  h: i32; w: i32; channels: i32; tilesY: i32; tilesX: i32; top: i32; left: i32;
}

/**
 * Bᵀ d B of some tiles, all channels: V[36][plane of rows][channels]. Pixels outside the image are zero. Scratch: 576
 * bytes and a line of six pixels.
 */
function inputTiles(x: usize, s: Tiles, first: i32, count: i32, temporary: usize, v: usize, plane: usize): void {
  const pixel = <usize>s.channels * 4, line = <usize>s.w * pixel, zeros = temporary + 576, perImage = s.tilesY * s.tilesX;
  for (let at = zeros; at < zeros + 6 * pixel; at += 16) v128.store(at, f32x4.splat(0));
  for (let i = 0; i < count; i++) {
    const tile = first + i, image = tile / perImage, ty = (tile % perImage) / s.tilesX, tx = tile % s.tilesX;
    const y0 = ty * 4 - s.top, x0 = tx * 4 - s.left, left = max(0, -x0), right = min(6, s.w - x0);
    const to = v + <usize>i * pixel, start = x + <usize>(image * s.h + y0) * line + <usize>x0 * pixel;
    const r0 = y0 >= 0 && y0 < s.h ? start : zeros, r1 = y0 >= -1 && y0 + 1 < s.h ? start + line : zeros;
    const r2 = y0 >= -2 && y0 + 2 < s.h ? start + 2 * line : zeros, r3 = y0 >= -3 && y0 + 3 < s.h ? start + 3 * line : zeros;
    const r4 = y0 >= -4 && y0 + 4 < s.h ? start + 4 * line : zeros, r5 = y0 >= -5 && y0 + 5 < s.h ? start + 5 * line : zeros;
    for (let c: usize = 0; c < pixel; c += 16) {
      inputTile(r0 + c, r1 + c, r2 + c, r3 + c, r4 + c, r5 + c, left, right, pixel, temporary, to + c, plane);
    }
  }
}

/** G g: three lines of four output channels into six. */
@inline
function transformFilter(g0: v128, g1: v128, g2: v128, to: usize, next: usize): void {
  const sixth = f32x4.splat(-1.0 / 6.0), part = f32x4.splat(1.0 / 24.0);
  const e = v128.add<f32>(g0, g2), e2 = v128.add<f32>(g0, v128.mul<f32>(f32x4.splat(4), g2)), o2 = v128.add<f32>(g1, g1);
  v128.store(to, v128.mul<f32>(g0, f32x4.splat(0.25)));
  v128.store(to + next, v128.mul<f32>(v128.add<f32>(e, g1), sixth));
  v128.store(to + 2 * next, v128.mul<f32>(v128.sub<f32>(e, g1), sixth));
  v128.store(to + 3 * next, v128.mul<f32>(v128.add<f32>(e2, o2), part));
  v128.store(to + 4 * next, v128.mul<f32>(v128.sub<f32>(e2, o2), part));
  v128.store(to + 5 * next, g2);
}

/** Four floats, `step` bytes apart, with zeros from the `count`-th on. */
@inline
function gather(from: usize, step: usize, count: i32): v128 {
  let v = f32x4.splat(0);
  if (count > 0) v = f32x4.replace_lane(v, 0, load<f32>(from));
  if (count > 1) v = f32x4.replace_lane(v, 1, load<f32>(from + step));
  if (count > 2) v = f32x4.replace_lane(v, 2, load<f32>(from + 2 * step));
  if (count > 3) v = f32x4.replace_lane(v, 3, load<f32>(from + 3 * step));
  return v;
}

/**
 * G g Gᵀ of a filter (3×3×in×out) as panels, U[36][out / 8][in × 8].
 *
 * Arguments: filter, U, in, out, rotate (rotate by 180° and exchange in and out, as for the gradient of the input),
 * scratch, bytes of scratch per thread (288). Threads share the panels.
 */
export function winogradFilter(args: usize, thread: i32, threads: i32): void {
  const filter = ptr(args, 0), u = ptr(args, 1), rotate = arg(args, 4);
  const cin = arg(args, 2), cout = arg(args, 3), k = rotate ? cout : cin, n = rotate ? cin : cout;
  const temporary = ptr(args, 5) + ptr(args, 6) * <usize>thread;
  const panels = (n + 7) / 8, plane = planeBytes(panels * 8, k), tap = <usize>(cin * cout) * 4;
  const step: usize = rotate ? <usize>cout * 4 : 4, move: usize = rotate ? <usize>0 - tap : tap;
  const end = share(panels, thread + 1, threads);
  for (let p = share(panels, thread, threads); p < end; p++) {
    for (let c = 0; c < k; c++) {
      for (let half = 0; half < 8; half += 4) {
        const o = p * 8 + half, count = n - o, to = u + <usize>(p * k + c) * 32 + <usize>half * 4;
        const g = filter + <usize>(rotate ? o * cout + c : c * cout + o) * 4 + (rotate ? 8 * tap : 0);
        for (let x: usize = 0; x < 3; x++) {
          const at = g + x * move, at1 = at + 3 * move, at2 = at + 6 * move, t = temporary + x * 16;
          if (!rotate && count >= 4) transformFilter(v128.load(at), v128.load(at1), v128.load(at2), t, 48);
          else transformFilter(gather(at, step, count), gather(at1, step, count), gather(at2, step, count), t, 48);
        }
        for (let y: usize = 0; y < 6; y++) {
          const t = temporary + y * 48;
          transformFilter(v128.load(t), v128.load(t, 16), v128.load(t, 32), to + y * 6 * plane, plane);
        }
      }
    }
  }
}

/** Aᵀ m: six lines into four. With `last`, adds `start` and replaces results below `floor` by it. */
@inline
function transformOutput(
  m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, to: usize, next: usize, last: bool, start: v128, floor: v128,
): void {
  const a = v128.add<f32>(m1, m2), b = v128.sub<f32>(m1, m2), c = v128.add<f32>(m3, m4), d = v128.sub<f32>(m3, m4);
  let y0 = v128.add<f32>(v128.add<f32>(m0, a), c), y1 = madd(f32x4.splat(2), d, b);
  let y2 = madd(f32x4.splat(4), c, a), y3 = v128.add<f32>(madd(f32x4.splat(8), d, b), m5);
  if (last) {
    y0 = f32x4.max(v128.add<f32>(y0, start), floor);
    y1 = f32x4.max(v128.add<f32>(y1, start), floor);
    y2 = f32x4.max(v128.add<f32>(y2, start), floor);
    y3 = f32x4.max(v128.add<f32>(y3, start), floor);
  }
  v128.store(to, y0);
  v128.store(to + next, y1);
  v128.store(to + 2 * next, y2);
  v128.store(to + 3 * next, y3);
}

/**
 * y = conv(x, filter) (+ bias) (ReLU), NHWC, 3×3, stride 1.
 *
 * Arguments: x, U of winogradFilter, y, bias (0: none; padded to a multiple of 8), scratch, bytes of scratch per
 * thread, n, height, width, in, out height, out width, out, pad top, pad left, tiles per block (a multiple of 6), relu.
 * Scratch: 4 × in rounded up to 16 bytes, 832, 24 × in, and 36 planes each of block × in and of block × padded out.
 *
 * The tiles of a block are transformed into V, multiplied into M[36][block][padded out], and transformed back, all
 * while the block is in L2. Threads share the blocks.
 */
export function winogradConv(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), u = ptr(args, 1), y = ptr(args, 2), bias = ptr(args, 3);
  const n = arg(args, 6), h = arg(args, 7), w = arg(args, 8), cin = arg(args, 9);
  const oh = arg(args, 10), ow = arg(args, 11), cout = arg(args, 12), block = arg(args, 15), relu = arg(args, 16);
  const panels = (cout + 7) / 8, padded = panels * 8;
  const table = ptr(args, 4) + ptr(args, 5) * <usize>thread;
  const shape = table + ((<usize>cin * 4 + 15) & ~15), temporary = shape + 32;
  const v = temporary + 832 + 24 * <usize>cin, planeV = planeBytes(block, cin);
  const m = v + 36 * planeV, planeM = planeBytes(block, padded), rowM = <usize>padded * 4, rowV = <usize>cin * 4;
  const back = temporary, tile4 = temporary + 576, planeU = planeBytes(padded, cin);
  const s = changetype<Tiles>(shape);
  s.h = h; s.w = w; s.channels = cin; s.tilesY = (oh + 3) / 4; s.tilesX = (ow + 3) / 4;
  s.top = arg(args, 13); s.left = arg(args, 14);
  for (let i = 0; i < cin; i++) store<usize>(table + i * 4, <usize>i * 4);
  const tableEnd = table + rowV, perImage = s.tilesY * s.tilesX, total = n * perImage;
  const blocks = (total + block - 1) / block;
  const zero = f32x4.splat(0), floor = f32x4.splat(relu ? 0 : -Infinity);
  for (let k = take(args, blocks, thread, threads); k >= 0; k = take(args, blocks, thread, threads)) {
    const first = k * block, count = min(block, total - first);
    inputTiles(x, s, first, count, temporary, v, planeV);
    putZeros(temporary);
    for (let i: usize = 0; i < 36; i++) {
      for (let p = 0; p < panels; p++) {
        const panel = u + i * planeU + <usize>(p * cin) * 32;
        for (let t = 0; t < count; t += 6) {
          const a = v + i * planeV + <usize>t * rowV, c = m + i * planeM + <usize>t * rowM + <usize>p * 32;
          dotTileFrom(
            a, a + rowV, a + 2 * rowV, a + 3 * rowV, a + 4 * rowV, a + 5 * rowV, table, tableEnd, panel, temporary, c, rowM,
          );
        }
      }
    }
    for (let t = 0; t < count; t++) {
      const tile = first + t, image = tile / perImage, ty = (tile % perImage) / s.tilesX, tx = tile % s.tilesX;
      const rows = min(4, oh - ty * 4), columns = min(4, ow - tx * 4);
      const target = y + <usize>(((image * oh + ty * 4) * ow + tx * 4) * cout) * 4;
      const line = <usize>(ow * cout) * 4, pixel = <usize>cout * 4;
      for (let c = 0; c < cout; c += 4) {
        const from = m + <usize>t * rowM + <usize>c * 4, start = bias ? v128.load(bias + c * 4) : zero;
        for (let a: usize = 0; a < 6; a++) {
          const f = from + a * planeM, down: usize = 6 * planeM;
          transformOutput(
            v128.load(f), v128.load(f + down), v128.load(f + 2 * down), v128.load(f + 3 * down), v128.load(f + 4 * down),
            v128.load(f + 5 * down), back + a * 16, 96, false, zero, floor,
          );
        }
        const direct = rows == 4 && columns == 4 && c + 4 <= cout;
        for (let b: usize = 0; b < 4; b++) {
          const to = direct ? target + b * line + <usize>c * 4 : tile4 + b * 64;
          const t = back + b * 96;
          transformOutput(
            v128.load(t), v128.load(t, 16), v128.load(t, 32), v128.load(t, 48), v128.load(t, 64), v128.load(t, 80),
            to, direct ? pixel : 16, true, start, floor,
          );
        }
        if (direct) continue;
        const bytes = <usize>min(4, cout - c) * 4;
        for (let b = 0; b < rows; b++) {
          for (let a = 0; a < columns; a++) {
            memory.copy(target + <usize>b * line + <usize>a * pixel + <usize>c * 4, tile4 + <usize>b * 64 + <usize>a * 16, bytes);
          }
        }
      }
    }
  }
}

/**
 * Bᵀ d B of a block of tiles for the gradient of the filter. Arguments: x, V, first tile, count, rows of a plane of V,
 * scratch, bytes of scratch per thread (576 + 24 × channels), height, width, channels, tiles per column, tiles per
 * row, pad top, pad left. Threads share the tiles.
 */
export function winogradGradInput(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), v = ptr(args, 1), first = arg(args, 2), count = arg(args, 3), block = arg(args, 4);
  const s = changetype<Tiles>(args + 28), temporary = ptr(args, 5) + ptr(args, 6) * <usize>thread;
  const start = share(count, thread, threads), end = share(count, thread + 1, threads), row = <usize>s.channels * 4;
  inputTiles(x, s, first + start, end - start, temporary, v + <usize>start * row, planeBytes(block, s.channels));
}

/** G of F(3×3, 4×4): four lines into six. */
@inline
function transformGradient(from: usize, step: usize, to: usize, next: usize): void {
  const g0 = v128.load(from), g1 = v128.load(from + step), g2 = v128.load(from + 2 * step), g3 = v128.load(from + 3 * step);
  const sixth = f32x4.splat(-1.0 / 6.0), part = f32x4.splat(1.0 / 24.0), four = f32x4.splat(4);
  const e = v128.add<f32>(g0, g2), o = v128.add<f32>(g1, g3), e2 = madd(four, g2, g0);
  const o2 = v128.mul<f32>(f32x4.splat(2), madd(four, g3, g1));
  v128.store(to, v128.mul<f32>(f32x4.splat(0.25), g0));
  v128.store(to + next, v128.mul<f32>(sixth, v128.add<f32>(e, o)));
  v128.store(to + 2 * next, v128.mul<f32>(sixth, v128.sub<f32>(e, o)));
  v128.store(to + 3 * next, v128.mul<f32>(part, v128.add<f32>(e2, o2)));
  v128.store(to + 4 * next, v128.mul<f32>(part, v128.sub<f32>(e2, o2)));
  v128.store(to + 5 * next, g3);
}

/**
 * G dy Gᵀ of a block of tiles, D[36][block][channels]. Arguments: dy, D, first tile, count, rows of a plane of D,
 * scratch, bytes of scratch per thread (640), out height, out width, channels, tiles per column, tiles per row. Threads
 * share the tiles.
 */
export function winogradGradOutput(args: usize, thread: i32, threads: i32): void {
  const dy = ptr(args, 0), d = ptr(args, 1), first = arg(args, 2), count = arg(args, 3), block = arg(args, 4);
  const temporary = ptr(args, 5) + ptr(args, 6) * <usize>thread, edge = temporary + 384;
  const oh = arg(args, 7), ow = arg(args, 8), channels = arg(args, 9), tilesY = arg(args, 10), tilesX = arg(args, 11);
  const pixel = <usize>channels * 4, line = <usize>ow * pixel, plane = planeBytes(block, channels), perImage = tilesY * tilesX;
  for (let i = take(args, count, thread, threads); i >= 0; i = take(args, count, thread, threads)) {
    const tile = first + i, image = tile / perImage, ty = (tile % perImage) / tilesX, tx = tile % tilesX;
    const rows = min(4, oh - ty * 4), columns = min(4, ow - tx * 4);
    const source = dy + <usize>((image * oh + ty * 4) * ow + tx * 4) * pixel, to = d + <usize>i * pixel;
    for (let c: usize = 0; c < pixel; c += 16) {
      let from = source + c, fromLine = line, fromPixel = pixel;
      if (rows < 4 || columns < 4) {
        memory.fill(edge, 0, 256);
        for (let a = 0; a < rows; a++) {
          for (let b = 0; b < columns; b++) v128.store(edge + a * 64 + b * 16, v128.load(source + c + <usize>a * line + <usize>b * pixel));
        }
        from = edge;
        fromLine = 64;
        fromPixel = 16;
      }
      for (let b: usize = 0; b < 4; b++) transformGradient(from + b * fromPixel, fromLine, temporary + b * 16, 64);
      for (let a: usize = 0; a < 6; a++) transformGradient(temporary + a * 64, 16, to + c + a * 6 * plane, plane);
    }
  }
}

/**
 * W[36][in rounded up to 6][out] += Vᵀ·D of a block. Arguments: V, D, W, count, block, in, out (a multiple of 8),
 * scratch (4 × block bytes per thread), bytes of scratch per thread. Threads share the 36 × groups of six input
 * channels.
 */
export function winogradGradProduct(args: usize, thread: i32, threads: i32): void {
  const v = ptr(args, 0), d = ptr(args, 1), w = ptr(args, 2), count = arg(args, 3), block = arg(args, 4);
  const cin = arg(args, 5), cout = arg(args, 6), table = ptr(args, 7) + ptr(args, 8) * <usize>thread;
  const rowV = <usize>cin * 4, rowD = <usize>cout * 4, tiles = (cin + 5) / 6;
  for (let i = 0; i < count; i++) store<usize>(table + i * 4, <usize>i * rowV);
  const tableEnd = table + <usize>count * 4, items = 36 * tiles;
  for (let k = take(args, items, thread, threads); k >= 0; k = take(args, items, thread, threads)) {
    const i = <usize>(k / tiles), t = <usize>(k % tiles) * 6;
    const a = v + i * planeBytes(block, cin) + t * 4, b = d + i * planeBytes(block, cout);
    const c = w + (i * <usize>tiles * 6 + t) * rowD;
    for (let p: usize = 0; p < rowD; p += 32) outerTile(a, table, tableEnd, b + p, rowD, c + p, rowD);
  }
}

/** Aᵀ of F(3×3, 4×4): six lines into three. */
@inline
function transformFilterGradient(from: usize, step: usize, to: usize, next: usize): void {
  const w0 = v128.load(from), w1 = v128.load(from + step), w2 = v128.load(from + 2 * step);
  const w3 = v128.load(from + 3 * step), w4 = v128.load(from + 4 * step), w5 = v128.load(from + 5 * step);
  const a = v128.add<f32>(w1, w2), b = v128.sub<f32>(w1, w2), c = v128.add<f32>(w3, w4), d = v128.sub<f32>(w3, w4);
  v128.store(to, v128.add<f32>(v128.add<f32>(w0, a), c));
  v128.store(to + next, madd(f32x4.splat(2), d, b));
  v128.store(to + 2 * next, v128.add<f32>(madd(f32x4.splat(4), c, a), w5));
}

/**
 * Transforms W into the filter's gradient (3×3×in×out). Arguments: W, dw, in, out, scratch (288 bytes per thread),
 * bytes of scratch per thread. Threads share the input channels.
 */
export function winogradGradFilter(args: usize, thread: i32, threads: i32): void {
  const w = ptr(args, 0), dw = ptr(args, 1), cin = arg(args, 2), cout = arg(args, 3);
  const temporary = ptr(args, 4) + ptr(args, 5) * <usize>thread, row = <usize>cout * 4;
  const plane = <usize>((cin + 5) / 6 * 6) * row, tap = <usize>cin * row;
  const end = share(cin, thread + 1, threads);
  for (let i = share(cin, thread, threads); i < end; i++) {
    for (let c: usize = 0; c < row; c += 16) {
      const from = w + <usize>i * row + c, to = dw + <usize>i * row + c;
      for (let a: usize = 0; a < 6; a++) transformFilterGradient(from + a * plane, 6 * plane, temporary + a * 16, 96);
      for (let b: usize = 0; b < 3; b++) transformFilterGradient(temporary + b * 96, 16, to + b * 3 * tap, tap);
    }
  }
}
