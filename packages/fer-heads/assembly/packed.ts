/*
 * Products with rows that are mostly zero. What isn't zero is an entry of 16 bits: the step to its column from that of the
 * entry before, or from column 0, in the upper five bits, and the number, rounded, in the lower eleven. A longer gap is
 * bridged by entries whose number is 0. A row begins at a multiple of four entries; zeros fill the space before it.
 * Vectors are panels of eight score columns, d × 8: one entry is a splat and two multiply-adds of four.
 *
 * The number is in units of its column, a power of two each, and below 2. It is a float of four bits of exponent and seven
 * of mantissa, less 2⁻¹⁵, the smallest of these floats, and so off by at most 2⁻⁸ of its value and 2⁻²³. If there are
 * negative numbers, the step has four bits, and the fifth is the sign.
 *
 * The products in float64 are with the dense rows themselves, which stay in cache from the first to the second.
 */

const FLOOR: i32 = 0x38000000;
const NUMBER: i32 = 0x7ff;
const SIGN: i32 = 0x800;

let signed: bool = false;
/** Where the step begins. */
export let stepBit: usize = 0;
// V8 would make constant vectors anew for every four entries.
let floor: i32 = 0;
let number: i32 = 0;

/** Sets whether entries have a sign. Called before all other functions of entries. */
export function useSigns(use: bool): void {
  signed = use;
  stepBit = use ? 12 : 11;
  floor = FLOOR;
  number = NUMBER;
}

/** The numbers of the four entries at `s`, with `floor` and `number` in all lanes. */
@inline
function valuesOf(s: usize, signed: bool, floor: v128, number: v128): v128 {
  const entries = v128.load_ext<u16>(s);
  const sizes = f32x4.sub(i32x4.add(i32x4.shl(v128.and(entries, number), 16), floor), floor);
  return signed ? v128.xor(sizes, i32x4.shl(v128.and(entries, i32x4.splat(SIGN)), 20)) : sizes;
}

/** The bytes of a panel from the column before to that of entry `l` of four. */
@inline
function stepOf(entries: u64, l: i32, signed: bool): usize {
  return signed ? <usize>(entries >> (16 * l + 7)) & 0x1e0 : <usize>(entries >> (16 * l + 6)) & 0x3e0;
}

/** Where the row after one that ends at `end` begins. */
@inline
export function nextRow(end: usize): usize {
  return (end + 7) & ~7;
}

/** The entry of a number in its column's units, but for the step. */
@inline
function entryOf(value: f64): u32 {
  const size = reinterpret<u32>(<f32>Math.abs(value) + reinterpret<f32>(FLOOR)) - FLOOR;
  return min<u32>((size + 0x8000) >> 16, NUMBER) | (value < 0 ? SIGN : 0);
}

/** A bit for each of the 16 numbers at x that is not zero. */
@inline
function filled(x: usize): i32 {
  const zero = f32x4.splat(0);
  const a = i16x8.narrow_i32x4_s(f32x4.ne(v128.load(x), zero), f32x4.ne(v128.load(x, 16), zero));
  const b = i16x8.narrow_i32x4_s(f32x4.ne(v128.load(x, 32), zero), f32x4.ne(v128.load(x, 48), zero));
  return i8x16.bitmask(i8x16.narrow_i16x8_s(a, b));
}

/**
 * Of `rows` rows of d numbers, adds to the `counts` of columns how often they are not zero, raises their `peaks` to the
 * largest absolute values, and raises the float64 `most` to the largest sum of squares of a row, which is not finite if
 * one of its numbers isn't. Returns whether a number is negative.
 */
export function scanRows(x: usize, rows: i32, d: i32, counts: usize, peaks: usize, most: usize): i32 {
  const bytes = <usize>d << 2, whole = bytes & ~15, zero = f32x4.splat(0);
  let below = zero, any = 0, largest = load<f64>(most);
  for (let i = 0; i < rows; i++, x += bytes) {
    let a = f64x2.splat(0), b = a, j: usize = 0;
    for (; j < whole; j += 16) {
      const value = v128.load(x + j);
      v128.store(counts + j, i32x4.sub(v128.load(counts + j), f32x4.ne(value, zero)));
      v128.store(peaks + j, f32x4.pmax(v128.load(peaks + j), f32x4.abs(value)));
      below = v128.or(below, f32x4.lt(value, zero));
      const low = f64x2.promote_low_f32x4(value), high = f64x2.promote_low_f32x4(v128.shuffle<f32>(value, value, 2, 3, 2, 3));
      a = f64x2.add(a, f64x2.mul(low, low));
      b = f64x2.add(b, f64x2.mul(high, high));
    }
    a = f64x2.add(a, b);
    let square = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
    for (; j < bytes; j += 4) {
      const value = load<f32>(x + j);
      store<u32>(counts + j, load<u32>(counts + j) + u32(value != 0));
      store<f32>(peaks + j, max(load<f32>(peaks + j), abs(value)));
      any |= i32(value < 0);
      square += <f64>value * <f64>value;
    }
    largest = max(largest, square);
  }
  store<f64>(most, largest);
  return any | i32(v128.any_true(below));
}

/**
 * Writes the entries of `rows` rows of d numbers, and where each row ends, counted in entries, into `ends`. `inverses`
 * has 1 / unit of each column, in float64. Returns how many entries there are: at most rows · (d + 3).
 */
export function packRows(x: usize, rows: i32, d: i32, inverses: usize, entries: usize, ends: usize): i32 {
  const whole = d & ~15, shift = <i32>stepBit, longest = signed ? 15 : 31;
  let at = entries;
  for (let i = 0; i < rows; i++, x += <usize>d << 2, ends += 4) {
    let last = 0;
    for (let j = 0; j < d; j += 16) {
      let bits = 0;
      if (j < whole) bits = filled(x + (<usize>j << 2));
      else for (let l = j; l < d; l++) bits |= i32(load<f32>(x + (<usize>l << 2)) != 0) << (l - j);
      for (; bits != 0; bits &= bits - 1, at += 2) {
        const l = j + ctz(bits);
        for (; l - last > longest; last += longest, at += 2) store<u16>(at, longest << shift);
        const value = <f64>load<f32>(x + (<usize>l << 2)) * load<f64>(inverses + (<usize>l << 3));
        store<u16>(at, entryOf(value) | ((l - last) << shift));
        last = l;
      }
    }
    store<u32>(ends, <u32>((at - entries) >> 1));
    for (; (at - entries) & 7; at += 2) store<u16>(at, 0);
  }
  return <i32>((at - entries) >> 1);
}

/** out (8) = start + x · panel. Sums alternate, to halve the chain of additions. */
@inline
function scoreEntries(s: usize, end: usize, panel: usize, a0: v128, a1: v128, out: usize, signed: bool): void {
  const floors = i32x4.splat(floor), numbers = i32x4.splat(number);
  let b0 = f32x4.splat(0), b1 = b0, p = panel;
  for (; s < end; s += 8) {
    const values = valuesOf(s, signed, floors, numbers), four = load<u64>(s);
    p += stepOf(four, 0, signed);
    let y = v128.shuffle<f32>(values, values, 0, 0, 0, 0);
    a0 = f32x4.add(a0, f32x4.mul(y, v128.load(p)));
    a1 = f32x4.add(a1, f32x4.mul(y, v128.load(p, 16)));
    p += stepOf(four, 1, signed);
    y = v128.shuffle<f32>(values, values, 1, 1, 1, 1);
    b0 = f32x4.add(b0, f32x4.mul(y, v128.load(p)));
    b1 = f32x4.add(b1, f32x4.mul(y, v128.load(p, 16)));
    p += stepOf(four, 2, signed);
    y = v128.shuffle<f32>(values, values, 2, 2, 2, 2);
    a0 = f32x4.add(a0, f32x4.mul(y, v128.load(p)));
    a1 = f32x4.add(a1, f32x4.mul(y, v128.load(p, 16)));
    p += stepOf(four, 3, signed);
    y = v128.shuffle<f32>(values, values, 3, 3, 3, 3);
    b0 = f32x4.add(b0, f32x4.mul(y, v128.load(p)));
    b1 = f32x4.add(b1, f32x4.mul(y, v128.load(p, 16)));
  }
  v128.store(out, f32x4.add(a0, b0));
  v128.store(out, f32x4.add(a1, b1), 16);
}

function scoreSigned(s: usize, end: usize, panel: usize, a0: v128, a1: v128, out: usize): void {
  scoreEntries(s, end, panel, a0, a1, out, true);
}

function scoreUnsigned(s: usize, end: usize, panel: usize, a0: v128, a1: v128, out: usize): void {
  scoreEntries(s, end, panel, a0, a1, out, false);
}

/** out (8) = start (8) + xᵀ · panel, of one row x whose entries are from `s` to `end`. */
@inline
export function scoreRow(s: usize, end: usize, panel: usize, start0: v128, start1: v128, out: usize): void {
  if (signed) scoreSigned(s, end, panel, start0, start1, out);
  else scoreUnsigned(s, end, panel, start0, start1, out);
}

/** out (rows × 8) = X · panel, of rounded X in the columns' units. */
export function packedScores(entries: usize, ends: usize, rows: i32, panel: usize, out: usize): void {
  const zero = f32x4.splat(0);
  let s = entries;
  for (let i = 0; i < rows; i++, ends += 4, out += 32) {
    const end = entries + (<usize>load<u32>(ends) << 1);
    scoreRow(s, end, panel, zero, zero, out);
    s = nextRow(end);
  }
}

/** The same in float64 and of X itself, for values that are compared: the panel and `out` are float64. */
export function packedScores64(x: usize, d: i32, entries: usize, ends: usize, rows: i32, panel: usize, out: usize): void {
  const bit = stepBit;
  let s = entries;
  for (let i = 0; i < rows; i++, x += <usize>d << 2, ends += 4, out += 64) {
    const end = entries + (<usize>load<u32>(ends) << 1);
    let a0 = f64x2.splat(0), a1 = a0, a2 = a0, a3 = a0, j: usize = 0;
    for (; s < end; s += 2) {
      j += (<usize>load<u16>(s) >> bit) << 2;
      const p = panel + (j << 4), y = f64x2.splat(<f64>load<f32>(x + j));
      a0 = f64x2.add(a0, f64x2.mul(y, v128.load(p)));
      a1 = f64x2.add(a1, f64x2.mul(y, v128.load(p, 16)));
      a2 = f64x2.add(a2, f64x2.mul(y, v128.load(p, 32)));
      a3 = f64x2.add(a3, f64x2.mul(y, v128.load(p, 48)));
    }
    s = nextRow(s);
    v128.store(out, a0);
    v128.store(out, a1, 16);
    v128.store(out, a2, 32);
    v128.store(out, a3, 48);
  }
}

/** sums (d × 8) += y · r, of one entry. */
@inline
function addTimes(sums: usize, y: v128, r0: v128, r1: v128): void {
  v128.store(sums, f32x4.add(v128.load(sums), f32x4.mul(y, r0)));
  v128.store(sums, f32x4.add(v128.load(sums, 16), f32x4.mul(y, r1)), 16);
}

@inline
function addEntries(s: usize, end: usize, sums: usize, r0: v128, r1: v128, signed: bool): void {
  const floors = i32x4.splat(floor), numbers = i32x4.splat(number);
  for (; s < end; s += 8) {
    const values = valuesOf(s, signed, floors, numbers), four = load<u64>(s);
    sums += stepOf(four, 0, signed);
    addTimes(sums, v128.shuffle<f32>(values, values, 0, 0, 0, 0), r0, r1);
    sums += stepOf(four, 1, signed);
    addTimes(sums, v128.shuffle<f32>(values, values, 1, 1, 1, 1), r0, r1);
    sums += stepOf(four, 2, signed);
    addTimes(sums, v128.shuffle<f32>(values, values, 2, 2, 2, 2), r0, r1);
    sums += stepOf(four, 3, signed);
    addTimes(sums, v128.shuffle<f32>(values, values, 3, 3, 3, 3), r0, r1);
  }
}

function addSigned(s: usize, end: usize, sums: usize, r0: v128, r1: v128): void {
  addEntries(s, end, sums, r0, r1, true);
}

function addUnsigned(s: usize, end: usize, sums: usize, r0: v128, r1: v128): void {
  addEntries(s, end, sums, r0, r1, false);
}

/** sums (d × 8) += xᵀ · r (8), of one row x whose entries are from `s` to `end`. */
@inline
export function addRow(s: usize, end: usize, sums: usize, r0: v128, r1: v128): void {
  if (signed) addSigned(s, end, sums, r0, r1);
  else addUnsigned(s, end, sums, r0, r1);
}

/** sums (d × 8) += Xᵀ · r (rows × 8), of rounded X in the columns' units. */
export function packedAccumulate(entries: usize, ends: usize, rows: i32, r: usize, sums: usize): void {
  let s = entries;
  for (let i = 0; i < rows; i++, ends += 4, r += 32) {
    const end = entries + (<usize>load<u32>(ends) << 1);
    addRow(s, end, sums, v128.load(r), v128.load(r, 16));
    s = nextRow(end);
  }
}

/** The same in float64 and of X itself, for gradients that are compared: r and the sums are float64. */
export function packedAccumulate64(x: usize, d: i32, entries: usize, ends: usize, rows: i32, r: usize, sums: usize): void {
  const bit = stepBit;
  let s = entries;
  for (let i = 0; i < rows; i++, x += <usize>d << 2, ends += 4, r += 64) {
    const end = entries + (<usize>load<u32>(ends) << 1);
    const r0 = v128.load(r), r1 = v128.load(r, 16), r2 = v128.load(r, 32), r3 = v128.load(r, 48);
    let j: usize = 0;
    for (; s < end; s += 2) {
      j += (<usize>load<u16>(s) >> bit) << 2;
      const p = sums + (j << 4), y = f64x2.splat(<f64>load<f32>(x + j));
      v128.store(p, f64x2.add(v128.load(p), f64x2.mul(y, r0)));
      v128.store(p, f64x2.add(v128.load(p, 16), f64x2.mul(y, r1)), 16);
      v128.store(p, f64x2.add(v128.load(p, 32), f64x2.mul(y, r2)), 32);
      v128.store(p, f64x2.add(v128.load(p, 48), f64x2.mul(y, r3)), 48);
    }
    s = nextRow(s);
  }
}
