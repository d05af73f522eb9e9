import { arg, ptr, share, take } from './share';
import { outerTile } from './outerTile';
import { copyIn, copyOut, dotTile, dotTileFrom, putZeros, reluTile, rowOr0 } from './tile';

/** How many kernel taps × channels one pass covers. */
const DEPTH: i32 = 1024;

/*
 * A convolution is a matrix product whose left rows are image patches (implicit GEMM). Its geometry starts at argument
 * 6: n, height, width, in, out height, out width, out, kernel height, kernel width, stride y, stride x, pad top, pad
 * left, dilation y, dilation x, input spacing y, input spacing x (the gaps of a transposed strided convolution), output
 * rows per block.
 *
 * The kernel works block by block of output rows. A block's input stays in L2 while every panel of the filter passes
 * over it. If a window leaves the image, or the input is spaced, the block's input is first laid out in scratch.
 */
@unmanaged
export class Shape {
  n: i32; h: i32; w: i32; cin: i32; oh: i32; ow: i32; cout: i32; kh: i32; kw: i32; sy: i32; sx: i32;
  top: i32; left: i32; dy: i32; dx: i32; gapY: i32; gapX: i32; block: i32;
}

/**
 * y = conv(x, filter) (+ bias) (ReLU), NHWC.
 *
 * Arguments: x, filter packed by packFilter, y, bias (0: none; padded to a multiple of 8), scratch, bytes of scratch
 * per thread, the geometry (18), relu. Scratch: 256 + 4 × k + 4 × pixels of a block + its laid-out input, each rounded
 * up to 16 bytes.
 */
export function conv(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), filter = ptr(args, 1), y = ptr(args, 2), bias = ptr(args, 3);
  const s = changetype<Shape>(args + 24), relu = arg(args, 24);
  const k = s.kh * s.kw * s.cin, panels = (s.cout + 7) / 8, ldC = <usize>s.cout * 4;
  const edge = ptr(args, 4) + ptr(args, 5) * <usize>thread, zeros = edge + 192, taps = edge + 256;
  const pixels = taps + ((<usize>k * 4 + 15) & ~15), laid = pixels + ((<usize>(s.block * s.ow) * 4 + 15) & ~15);
  const inside = fits(s), lineWidth = inside ? s.w : laidWidth(s);
  writeTaps(s, lineWidth, taps);
  putZeros(zeros);
  const last = s.n * s.oh, blocks = (last + s.block - 1) / s.block;
  for (let i = take(args, blocks, thread, threads); i >= 0; i = take(args, blocks, thread, threads)) {
    const row = i * s.block, rows = min(s.block, last - row), count = rows * s.ow;
    const base = inside ? x : laid;
    if (inside) writePixels(s, row, rows, pixels);
    else layOut(s, x, row, rows, laid, pixels);
    const block = y + <usize>(row * s.ow) * ldC;
    for (let p = 0; p < panels; p++) {
      const columns = min(8, s.cout - p * 8);
      for (let k0 = 0; k0 < k; k0 += DEPTH) {
        const depth = min(DEPTH, k - k0), panel = filter + <usize>(p * k + k0) * 32;
        const table = taps + <usize>k0 * 4, tableEnd = table + <usize>depth * 4, end = k0 + depth >= k;
        for (let t = 0; t < count; t += 6) {
          const members = min(6, count - t), whole = members == 6 && columns == 8;
          const target = block + <usize>t * ldC + <usize>p * 32, at = pixels + <usize>t * 4;
          const out = whole ? target : edge, ldc: usize = whole ? ldC : 32;
          const r0 = base + load<usize>(at);
          const r1 = rowOr0(base + load<usize>(at, 4), 1, members, r0), r2 = rowOr0(base + load<usize>(at, 8), 2, members, r0);
          const r3 = rowOr0(base + load<usize>(at, 12), 3, members, r0), r4 = rowOr0(base + load<usize>(at, 16), 4, members, r0);
          const r5 = rowOr0(base + load<usize>(at, 20), 5, members, r0);
          if (k0 == 0) {
            dotTileFrom(r0, r1, r2, r3, r4, r5, table, tableEnd, panel, bias ? bias + <usize>p * 32 : zeros, out, ldc);
          } else {
            if (!whole) copyIn(target, ldC, members, columns, edge);
            dotTile(r0, r1, r2, r3, r4, r5, table, tableEnd, panel, out, ldc);
          }
          if (relu && end) reluTile(out, ldc);
          if (!whole) copyOut(edge, target, ldC, members, columns);
        }
      }
    }
  }
}

/**
 * The gradient of the filter (HWIO): dw = Σ over output pixels of patchᵀ·dy.
 *
 * The sum is computed in parts, one after the other in memory: a part is a fixed range of output rows, so that the sums
 * don't depend on the number of threads. partSumsOfFloats adds up several parts.
 *
 * Arguments: x, dy, sums (parts × dw, zeroed by the caller), parts, scratch, bytes of scratch per thread, the geometry
 * (18). Threads share the parts and, within a part, the rows of dw.
 */
export function convFilterGrad(args: usize, thread: i32, threads: i32): void {
  const x = ptr(args, 0), dy = ptr(args, 1), sums = ptr(args, 2), parts = arg(args, 3);
  const s = changetype<Shape>(args + 24);
  // Elements that are contiguous both in a patch and in dw: a kernel row, or a single tap if the kernel is dilated.
  const whole = s.dx == 1, runs = whole ? s.kh : s.kh * s.kw, run = whole ? s.kw * s.cin : s.cin;
  const tilesARun = (run + 5) / 6, panels = (s.cout + 7) / 8, ldC = <usize>s.cout * 4;
  const edge = ptr(args, 4) + ptr(args, 5) * <usize>thread;
  const pixels = edge + 256, laid = pixels + ((<usize>(s.block * s.ow) * 4 + 15) & ~15);
  const inside = fits(s), line = <usize>((inside ? s.w : laidWidth(s)) * s.cin * s.dy) * 4;
  const tiles = runs * tilesARun, pieces = min(tiles, (threads + parts - 1) / parts), items = parts * pieces;
  for (let item = take(args, items, thread, threads); item >= 0; item = take(args, items, thread, threads)) {
    const part = item / pieces, piece = item % pieces, tile0 = share(tiles, piece, pieces), tile1 = share(tiles, piece + 1, pieces);
    const dw = sums + <usize>part * <usize>(runs * run) * ldC, lastRow = share(s.n * s.oh, part + 1, parts);
    for (let row = share(s.n * s.oh, part, parts); row < lastRow; row += s.block) {
      const rows = min(s.block, lastRow - row), end = pixels + <usize>(rows * s.ow) * 4;
      const base = inside ? x : laid;
      if (inside) writePixels(s, row, rows, pixels);
      else layOut(s, x, row, rows, laid, pixels);
      const gradient = dy + <usize>(row * s.ow) * ldC;
      for (let t = tile0; t < tile1; t++) {
        const i = t / tilesARun, j = (t % tilesARun) * 6, members = min(6, run - j);
        const tap = whole ? <usize>i * line : <usize>(i / s.kw) * line + <usize>(i % s.kw * s.dx * s.cin) * 4;
        const a = base + tap + <usize>j * 4;
        for (let p = 0; p < panels; p++) {
          const columns = min(8, s.cout - p * 8), target = dw + <usize>(i * run + j) * ldC + <usize>p * 32;
          if (members == 6 && columns == 8) {
            outerTile(a, pixels, end, gradient + <usize>p * 32, ldC, target, ldC);
            continue;
          }
          copyIn(target, ldC, members, columns, edge);
          outerTile(a, pixels, end, gradient + <usize>p * 32, ldC, edge, 32);
          copyOut(edge, target, ldC, members, columns);
        }
      }
    }
  }
}

/** Whether no window leaves the image and the input is not spaced. */
function fits(s: Shape): bool {
  return s.top == 0 && s.left == 0 && s.gapY == 1 && s.gapX == 1 && laidWidth(s) <= s.w
    && (s.oh - 1) * s.sy + (s.kh - 1) * s.dy + 1 <= s.h;
}

/** Width of the laid-out input, in pixels. */
@inline
function laidWidth(s: Shape): i32 {
  return (s.ow - 1) * s.sx + (s.kw - 1) * s.dx + 1;
}

/** Writes the byte offsets of the kernel's taps × channels from a window's first element. */
function writeTaps(s: Shape, lineWidth: i32, to: usize): void {
  for (let i = 0; i < s.kh; i++) {
    for (let j = 0; j < s.kw; j++) {
      const tap = <usize>((i * s.dy * lineWidth + j * s.dx) * s.cin) * 4;
      for (let c = 0; c < s.cin; c++, to += 4) store<usize>(to, tap + <usize>c * 4);
    }
  }
}

/** Writes the byte offsets, in x, of the windows of some output rows. */
function writePixels(s: Shape, row: i32, rows: i32, to: usize): void {
  for (const end = row + rows; row < end; row++) {
    const image = row / s.oh, top = (row % s.oh) * s.sy;
    let at = <usize>((image * s.h + top) * s.w * s.cin) * 4;
    for (let j = 0; j < s.ow; j++, to += 4, at += <usize>(s.sx * s.cin) * 4) store<usize>(to, at);
  }
}

/**
 * Lays out the input of some output rows, with zeros for padding and gaps, and writes the offsets of their windows in
 * it.
 */
function layOut(s: Shape, x: usize, row: i32, rows: i32, laid: usize, pixels: usize): void {
  const width = laidWidth(s), line = <usize>(width * s.cin) * 4, pixel = <usize>s.cin * 4;
  const spacedH = (s.h - 1) * s.gapY + 1, spacedW = (s.w - 1) * s.gapX + 1;
  let at = laid;
  for (const end = row + rows; row < end;) {
    const image = row / s.oh, first = row % s.oh, some = min(s.oh - first, end - row);
    const lines = (some - 1) * s.sy + (s.kh - 1) * s.dy + 1;
    for (let r = 0; r < some; r++) {
      const start = at - laid + <usize>(r * s.sy) * line;
      for (let j = 0; j < s.ow; j++, pixels += 4) store<usize>(pixels, start + <usize>(j * s.sx) * pixel);
    }
    for (let l = 0; l < lines; l++, at += line) {
      const iy = first * s.sy + l - s.top;
      if (iy < 0 || iy >= spacedH || iy % s.gapY != 0) {
        memory.fill(at, 0, line);
        continue;
      }
      const source = x + <usize>((image * s.h + iy / s.gapY) * s.w) * pixel;
      if (s.gapX == 1) {
        const before = min(s.left, width), copied = max(0, min(s.w, width - before));
        memory.fill(at, 0, <usize>before * pixel);
        memory.copy(at + <usize>before * pixel, source, <usize>copied * pixel);
        memory.fill(at + <usize>(before + copied) * pixel, 0, <usize>(width - before - copied) * pixel);
        continue;
      }
      memory.fill(at, 0, line);
      for (let ix = 0; ix < width; ix++) {
        const sx = ix - s.left;
        if (sx >= 0 && sx < spacedW && sx % s.gapX == 0) {
          memory.copy(at + <usize>ix * pixel, source + <usize>(sx / s.gapX) * pixel, pixel);
        }
      }
    }
    row += some;
  }
}
