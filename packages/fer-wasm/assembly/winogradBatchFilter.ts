import { transpose4 } from './pack';
import { arg, ptr, share } from './share';
import { transformFilter3, transformFilter6 } from './winogradTransforms';

/* The transformed filters of winogradBatch.ts. */

/**
 * G g Gᵀ of the panels from `first` to `last` of a filter (3×3×in×out), U[planes][panels][k × 8], where k counts the
 * channels to sum over. With `rotate`, the filter is rotated by 180° and in and out are exchanged.
 */
export function filterPanels(
  filter: usize, cin: i32, cout: i32, rotate: i32, first: i32, last: i32, u: usize, plane: usize, temporary: usize,
  side: i32,
): void {
  const k = rotate ? cout : cin, tap = <usize>(cin * cout) * 4, step = <usize>cout * 4, rows = temporary + 576;
  for (let o = first * 8; o < last * 8; o += 4) {
    for (let c = 0; c < k; c += 4) {
      for (let t: usize = 0; t < 9; t++) {
        const block = temporary + t * 64;
        if (rotate) {
          transpose4(filter + (8 - t) * tap + <usize>(o * cout + c) * 4, step, block, 16);
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
        if (side == 3) filterTile3(temporary + i * 16, rows, to + i * 32, plane);
        else filterTile6(temporary + i * 16, rows, to + i * 32, plane);
      }
    }
  }
}

/** G g Gᵀ of four output channels: nine taps, 64 bytes apart, into 25 planes. */
function filterTile3(g: usize, rows: usize, to: usize, plane: usize): void {
  for (let j: usize = 0; j < 3; j++, g += 64) {
    transformFilter3(v128.load(g), v128.load(g, 192), v128.load(g, 384), rows + j * 16, 48);
  }
  for (let a: usize = 0; a < 5; a++, rows += 48, to += 5 * plane) {
    transformFilter3(v128.load(rows), v128.load(rows, 16), v128.load(rows, 32), to, plane);
  }
}

/** As {@link filterTile3}, into 64 planes. */
function filterTile6(g: usize, rows: usize, to: usize, plane: usize): void {
  for (let j: usize = 0; j < 3; j++, g += 64) {
    transformFilter6(v128.load(g), v128.load(g, 192), v128.load(g, 384), rows + j * 16, 48);
  }
  for (let a: usize = 0; a < 8; a++, rows += 48, to += 8 * plane) {
    transformFilter6(v128.load(rows), v128.load(rows, 16), v128.load(rows, 32), to, plane);
  }
}

/**
 * The transformed filter of all groups of panels, to be cached: U[groups][planes][panels per group][k × 8].
 *
 * Arguments: filter, U, in, out (of the filter as stored), rotate, panels per group, bytes of a plane of U, scratch,
 * bytes of scratch per thread (1,024), side of the tiles. Threads share the groups. The number of output channels is a
 * multiple of 8.
 */
export function winogradBatchFilter(args: usize, thread: i32, threads: i32): void {
  const filter = ptr(args, 0), u = ptr(args, 1), cin = arg(args, 2), cout = arg(args, 3), rotate = arg(args, 4);
  const group = arg(args, 5), plane = ptr(args, 6), temporary = ptr(args, 7) + ptr(args, 8) * <usize>thread;
  const side = arg(args, 9), planes = <usize>((side + 2) * (side + 2));
  const panels = (rotate ? cin : cout) / 8, groups = (panels + group - 1) / group, end = share(groups, thread + 1, threads);
  for (let i = share(groups, thread, threads); i < end; i++) {
    const last = min(panels, (i + 1) * group);
    filterPanels(filter, cin, cout, rotate, i * group, last, u + <usize>i * planes * plane, plane, temporary, side);
  }
}
