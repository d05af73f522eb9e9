/*
 * Products with a block of dense float32 rows, most of whose numbers are zero, that stays in cache from the first to
 * the second. What isn't zero is found by its steps: bytes, an entry each, whose sum up to an entry is its column. A
 * longer gap is bridged by entries that are zero. Vectors are panels of eight score columns, d × 8: one entry is a splat
 * and two multiply-adds of four.
 */

/** A bit for each of the 16 numbers at x that is not zero. */
@inline
function filled(x: usize): i32 {
  const zero = f32x4.splat(0);
  const a = i16x8.narrow_i32x4_s(f32x4.ne(v128.load(x), zero), f32x4.ne(v128.load(x, 16), zero));
  const b = i16x8.narrow_i32x4_s(f32x4.ne(v128.load(x, 32), zero), f32x4.ne(v128.load(x, 48), zero));
  return i8x16.bitmask(i8x16.narrow_i16x8_s(a, b));
}

/**
 * A float32 in 16 bits: those which, twice over, make the nearest bits that can be made so. One instruction then reads
 * it into all lanes. It is off by at most 2⁻⁸ of its value, as a bfloat16; the largest stay finite.
 */
@inline
function half(bits: u32): u16 {
  const sign = (bits >> 16) & 0x8000, size = bits & 0x7fffffff;
  // The sign is in the lower half too, where it stands for as much as is otherwise added to round.
  return <u16>(sign | min<u32>((size - (size >> 16) + (sign ? 0 : 0x7fff)) >> 16, 0x7f7f));
}

/**
 * Writes the steps of `rows` rows of d numbers, the numbers themselves as {@link half}s, and where each row ends, counted
 * in entries, into `ends`; adds to the `counts` of columns how often they are not zero; and raises the float64 `most` to the largest
 * sum of squares of a row, which is not finite if one of its numbers isn't. Returns how many entries there are: at most rows · d.
 */
export function packRows(
  x: usize,
  rows: i32,
  d: i32,
  steps: usize,
  halves: usize,
  ends: usize,
  counts: usize,
  most: usize,
): i32 {
  const whole = d & ~15;
  let at: usize = 0;
  for (let i = 0; i < rows; i++, x += <usize>d << 2, ends += 4) {
    let last = 0;
    let square: f64 = 0;
    for (let j = 0; j < d; j += 16) {
      let bits = 0;
      if (j < whole) bits = filled(x + (<usize>j << 2));
      else for (let l = j; l < d; l++) bits |= i32(load<f32>(x + (<usize>l << 2)) != 0) << (l - j);
      for (; bits != 0; bits &= bits - 1) {
        const l = j + ctz(bits), number = x + (<usize>l << 2), column = counts + (<usize>l << 2);
        for (; l - last > 255; last += 255, at++) {
          store<u8>(steps + at, 255);
          store<u16>(halves + (at << 1), 0);
        }
        store<u32>(column, load<u32>(column) + 1);
        store<u8>(steps + at, l - last);
        store<u16>(halves + (at << 1), half(load<u32>(number)));
        const value = <f64>load<f32>(number);
        square += value * value;
        last = l;
        at++;
      }
    }
    store<u32>(ends, <u32>at);
    store<f64>(most, max(load<f64>(most), square));
  }
  return <i32>at;
}

/** out (rows × 8) = X · panel, of rounded X. Two entries a turn, each with its own sums, to halve the chain of additions. */
export function packedScores(halves: usize, steps: usize, ends: usize, rows: i32, panel: usize, out: usize): void {
  let s = steps, h = halves;
  for (let i = 0; i < rows; i++, ends += 4, out += 32) {
    const end = steps + load<u32>(ends);
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, p = panel;
    for (; s + 1 < end; s += 2, h += 4) {
      p += <usize>load<u8>(s) << 5;
      const q = p + (<usize>load<u8>(s, 1) << 5);
      const y = v128.load16_splat(h), z = v128.load16_splat(h, 2);
      a0 = f32x4.add(a0, f32x4.mul(y, v128.load(p)));
      a1 = f32x4.add(a1, f32x4.mul(y, v128.load(p, 16)));
      b0 = f32x4.add(b0, f32x4.mul(z, v128.load(q)));
      b1 = f32x4.add(b1, f32x4.mul(z, v128.load(q, 16)));
      p = q;
    }
    if (s < end) {
      p += <usize>load<u8>(s++) << 5;
      const y = v128.load16_splat(h);
      h += 2;
      a0 = f32x4.add(a0, f32x4.mul(y, v128.load(p)));
      a1 = f32x4.add(a1, f32x4.mul(y, v128.load(p, 16)));
    }
    v128.store(out, f32x4.add(a0, b0));
    v128.store(out, f32x4.add(a1, b1), 16);
  }
}

/** The same in float64, for values that are compared: the panel and `out` are float64. */
export function packedScores64(x: usize, d: i32, steps: usize, ends: usize, rows: i32, panel: usize, out: usize): void {
  let s = steps;
  for (let i = 0; i < rows; i++, x += <usize>d << 2, ends += 4, out += 64) {
    const end = steps + load<u32>(ends);
    let a0 = f64x2.splat(0), a1 = a0, a2 = a0, a3 = a0, j: usize = 0;
    for (; s < end; s++) {
      j += <usize>load<u8>(s) << 2;
      const p = panel + (j << 4), y = f64x2.splat(<f64>load<f32>(x + j));
      a0 = f64x2.add(a0, f64x2.mul(y, v128.load(p)));
      a1 = f64x2.add(a1, f64x2.mul(y, v128.load(p, 16)));
      a2 = f64x2.add(a2, f64x2.mul(y, v128.load(p, 32)));
      a3 = f64x2.add(a3, f64x2.mul(y, v128.load(p, 48)));
    }
    v128.store(out, a0);
    v128.store(out, a1, 16);
    v128.store(out, a2, 32);
    v128.store(out, a3, 48);
  }
}

/** sums (d × 8) += Xᵀ · r (rows × 8), of rounded X. */
export function packedAccumulate(halves: usize, steps: usize, ends: usize, rows: i32, r: usize, sums: usize): void {
  let s = steps, h = halves;
  for (let i = 0; i < rows; i++, ends += 4, r += 32) {
    const end = steps + load<u32>(ends), r0 = v128.load(r), r1 = v128.load(r, 16);
    let p = sums;
    for (; s < end; s++, h += 2) {
      p += <usize>load<u8>(s) << 5;
      const y = v128.load16_splat(h);
      v128.store(p, f32x4.add(v128.load(p), f32x4.mul(y, r0)));
      v128.store(p, f32x4.add(v128.load(p, 16), f32x4.mul(y, r1)), 16);
    }
  }
}

/** The same in float64, for gradients that are compared: r and the sums are float64. */
export function packedAccumulate64(x: usize, d: i32, steps: usize, ends: usize, rows: i32, r: usize, sums: usize): void {
  let s = steps;
  for (let i = 0; i < rows; i++, x += <usize>d << 2, ends += 4, r += 64) {
    const end = steps + load<u32>(ends);
    const r0 = v128.load(r), r1 = v128.load(r, 16), r2 = v128.load(r, 32), r3 = v128.load(r, 48);
    let j: usize = 0;
    for (; s < end; s++) {
      j += <usize>load<u8>(s) << 2;
      const p = sums + (j << 4), y = f64x2.splat(<f64>load<f32>(x + j));
      v128.store(p, f64x2.add(v128.load(p), f64x2.mul(y, r0)));
      v128.store(p, f64x2.add(v128.load(p, 16), f64x2.mul(y, r1)), 16);
      v128.store(p, f64x2.add(v128.load(p, 32), f64x2.mul(y, r2)), 32);
      v128.store(p, f64x2.add(v128.load(p, 48), f64x2.mul(y, r3)), 48);
    }
  }
}
