/*
 * Passes of squared hinge losses over packed rows (see packed.ts) in float32: scores, losses or Hessians of them, and sums
 * back, row by row, so that a row is read from memory once. Eight problems share a panel; they are the lanes of
 * all vectors here. Rows that count in no problem that is asked for are passed over.
 *
 * `active` has two bytes a row, a bit for each lane, noted at the lane's last value: whether the score is below 1 and the
 * row's own weight p is not 0, and whether it is above −1 and the weight q of the rest is not 0. The second derivative is
 * 2p in the first case, plus 2q in the second.
 *
 * `lanes` has vectors of eight floats: the scores' biases; masks of the lanes that are asked for, and of those of them
 * that are asked for a value and gradient, not a Hessian product; weights of a problem's own rows, and of the rest; then, as float64, three
 * sums: of the derivatives, of the losses, and of the second derivatives where the margin is below 1 by FIRM; then room for
 * the scores of a row.
 */

import { addRow, nextRow, scoreRow, stepBit } from './packed';

/** As in src/linear/freeBias.ts. */
const FIRM: f32 = 0.1;

/** The sum at `at`, of eight float64, += that of eight floats. */
function addTo(at: usize, low: v128, high: v128): void {
  v128.store(at, f64x2.add(v128.load(at), f64x2.promote_low_f32x4(low)));
  v128.store(at, f64x2.add(v128.load(at, 16), f64x2.promote_low_f32x4(v128.shuffle<f32>(low, low, 2, 3, 2, 3))), 16);
  v128.store(at, f64x2.add(v128.load(at, 32), f64x2.promote_low_f32x4(high)), 32);
  v128.store(at, f64x2.add(v128.load(at, 48), f64x2.promote_low_f32x4(v128.shuffle<f32>(high, high, 2, 3, 2, 3))), 48);
}

/** The derivative of p max(0, 1 − z)² + q max(0, 1 + z)², from p max(0, 1 − z) and q max(0, 1 + z). */
function slope(below: v128, above: v128): v128 {
  const half = f32x4.sub(above, below);
  return f32x4.add(half, half);
}

/** A bit for each of eight lanes of a mask. */
@inline
function bitsOf(low: v128, high: v128): u32 {
  return <u32>i32x4.bitmask(low) | (<u32>i32x4.bitmask(high) << 4);
}

/** `value` in the lanes of the first four bits, or 0. */
@inline
function whereBits(bits: u32, value: v128): v128 {
  const mask = i32x4(1, 2, 4, 8);
  return v128.and(i32x4.eq(v128.and(i32x4.splat(bits), mask), mask), value);
}

/** Twice p where `below` is above a threshold, and twice q where `above` is. */
function curvature(p: v128, q: v128, below: v128, above: v128, threshold: v128): v128 {
  const half = f32x4.add(v128.and(p, f32x4.gt(below, threshold)), v128.and(q, f32x4.gt(above, threshold)));
  return f32x4.add(half, half);
}

/**
 * One block of rows: its responses r to the scores X · panel; sums (d × 8) += Xᵀ · r; `active` is noted of lanes that are
 * asked for a value, and read of the others.
 *
 * @param values - Whether any lane is asked for a value.
 * @param labels - A byte a row, by which `shares` has a vector for each label, or 0: `shares` then has one for each row.
 */
export function hingePass(
  entries: usize,
  ends: usize,
  rows: i32,
  panel: usize,
  sums: usize,
  lanes: usize,
  active: usize,
  values: i32,
  weights: usize,
  labels: usize,
  shares: usize,
): void {
  const bias0 = v128.load(lanes), bias1 = v128.load(lanes, 16);
  const asked0 = v128.load(lanes, 32), asked1 = v128.load(lanes, 48);
  const value0 = v128.load(lanes, 64), value1 = v128.load(lanes, 80);
  const asked = bitsOf(asked0, asked1), fresh = bitsOf(value0, value1);
  const own0 = v128.load(lanes, 96), own1 = v128.load(lanes, 112), rest0 = v128.load(lanes, 128), rest1 = v128.load(lanes, 144);
  const zero = f32x4.splat(0), one = f32x4.splat(1), firm = f32x4.splat(FIRM);
  let total0 = zero, total1 = zero, loss0 = zero, loss1 = zero, firm0 = zero, firm1 = zero;
  const row = lanes + 352;
  let from = entries;
  for (let i = 0; i < rows; i++, ends += 4, active += 2, weights += 4) {
    const first = from, end = entries + (<usize>load<u32>(ends) << 1);
    from = nextRow(end);
    const under = <u32>load<u8>(active), over = <u32>load<u8>(active, 1);
    if (!values && !((under | over) & asked)) continue;

    scoreRow(first, end, panel, bias0, bias1, row);
    const z0 = v128.load(row), z1 = v128.load(row, 16);

    const weight = v128.load32_splat(weights);
    const share = shares + (labels ? <usize>load<u8>(labels + i) << 5 : <usize>i << 5);
    const t0 = v128.load(share), t1 = v128.load(share, 16);
    const p0 = f32x4.mul(f32x4.mul(weight, own0), t0), p1 = f32x4.mul(f32x4.mul(weight, own1), t1);
    const q0 = f32x4.mul(f32x4.mul(weight, rest0), f32x4.sub(one, t0));
    const q1 = f32x4.mul(f32x4.mul(weight, rest1), f32x4.sub(one, t1));
    const half0 = f32x4.add(whereBits(under, p0), whereBits(over, q0));
    const half1 = f32x4.add(whereBits(under >> 4, p1), whereBits(over >> 4, q1));
    let r0 = f32x4.mul(z0, f32x4.add(half0, half0)), r1 = f32x4.mul(z1, f32x4.add(half1, half1));
    if (values) {
      const below0 = f32x4.max(zero, f32x4.sub(one, z0)), below1 = f32x4.max(zero, f32x4.sub(one, z1));
      const above0 = f32x4.max(zero, f32x4.add(one, z0)), above1 = f32x4.max(zero, f32x4.add(one, z1));
      const pb0 = f32x4.mul(p0, below0), pb1 = f32x4.mul(p1, below1), qa0 = f32x4.mul(q0, above0), qa1 = f32x4.mul(q1, above1);
      r0 = v128.bitselect(slope(pb0, qa0), r0, value0);
      r1 = v128.bitselect(slope(pb1, qa1), r1, value1);
      store<u8>(active, (under & ~fresh) | (bitsOf(f32x4.gt(pb0, zero), f32x4.gt(pb1, zero)) & fresh));
      store<u8>(active, (over & ~fresh) | (bitsOf(f32x4.gt(qa0, zero), f32x4.gt(qa1, zero)) & fresh), 1);
      firm0 = f32x4.add(firm0, curvature(p0, q0, below0, above0, firm));
      firm1 = f32x4.add(firm1, curvature(p1, q1, below1, above1, firm));
      loss0 = f32x4.add(loss0, f32x4.add(f32x4.mul(pb0, below0), f32x4.mul(qa0, above0)));
      loss1 = f32x4.add(loss1, f32x4.add(f32x4.mul(pb1, below1), f32x4.mul(qa1, above1)));
    }
    r0 = v128.and(r0, asked0);
    r1 = v128.and(r1, asked1);
    if (!v128.any_true(v128.or(r0, r1))) continue;
    total0 = f32x4.add(total0, r0);
    total1 = f32x4.add(total1, r1);
    addRow(first, end, sums, r0, r1);
  }
  addTo(lanes + 160, total0, total1);
  addTo(lanes + 224, loss0, loss1);
  addTo(lanes + 288, firm0, firm1);
}

/**
 * As `hingePass`, in float64 and of the numbers x themselves, for points whose value and gradient are compared; sums and
 * weights are float64. `lanes` has vectors of eight float64: the scores' biases; weights of a problem's own rows, and of the rest;
 * the sums of derivatives, losses and firm second derivatives; room for eight numbers; then masks of the lanes whose
 * active sides are noted, as 32-bit numbers.
 */
export function hingePass64(
  x: usize,
  d: i32,
  entries: usize,
  ends: usize,
  rows: i32,
  panel: usize,
  sums: usize,
  lanes: usize,
  active: usize,
  weights: usize,
  labels: usize,
  shares: usize,
): void {
  const zero = f64x2.splat(0), one = f64x2.splat(1), firm = f64x2.splat(0.1), row = lanes + 384;
  const fresh = bitsOf(v128.load(lanes, 448), v128.load(lanes, 464));
  const bit = stepBit;
  let from = entries;
  for (let i = 0; i < rows; i++, x += <usize>d << 2, ends += 4, active += 2, weights += 8) {
    const end = entries + (<usize>load<u32>(ends) << 1);
    let a0 = v128.load(lanes), a1 = v128.load(lanes, 16), a2 = v128.load(lanes, 32), a3 = v128.load(lanes, 48), j: usize = 0;
    for (let s = from; s < end; s += 2) {
      j += (<usize>load<u16>(s) >> bit) << 2;
      const p = panel + (j << 4), y = f64x2.splat(<f64>load<f32>(x + j));
      a0 = f64x2.add(a0, f64x2.mul(y, v128.load(p)));
      a1 = f64x2.add(a1, f64x2.mul(y, v128.load(p, 16)));
      a2 = f64x2.add(a2, f64x2.mul(y, v128.load(p, 32)));
      a3 = f64x2.add(a3, f64x2.mul(y, v128.load(p, 48)));
    }
    v128.store(row, a0);
    v128.store(row, a1, 16);
    v128.store(row, a2, 32);
    v128.store(row, a3, 48);

    const weight = v128.load64_splat(weights), share = shares + (<usize>load<u8>(labels + i) << 5);
    let under: u32 = 0, over: u32 = 0;
    for (let at: usize = 0; at < 64; at += 16) {
      const z = v128.load(row + at), l = lanes + at, t = f64x2.promote_low_f32x4(v128.load64_zero(share + (at >> 1)));
      const below = f64x2.sub(one, z), above = f64x2.add(one, z);
      const p = v128.and(f64x2.mul(f64x2.mul(weight, v128.load(l, 64)), t), f64x2.gt(below, zero));
      const q = v128.and(f64x2.mul(f64x2.mul(weight, v128.load(l, 128)), f64x2.sub(one, t)), f64x2.gt(above, zero));
      const pb = f64x2.mul(p, below), qa = f64x2.mul(q, above), half = f64x2.sub(qa, pb), r = f64x2.add(half, half);
      const clear = f64x2.add(v128.and(p, f64x2.gt(below, firm)), v128.and(q, f64x2.gt(above, firm)));
      v128.store(row + at, r);
      v128.store(l, f64x2.add(v128.load(l, 192), r), 192);
      v128.store(l, f64x2.add(v128.load(l, 256), f64x2.add(f64x2.mul(pb, below), f64x2.mul(qa, above))), 256);
      v128.store(l, f64x2.add(v128.load(l, 320), f64x2.add(clear, clear)), 320);
      under |= <u32>i64x2.bitmask(f64x2.gt(p, zero)) << <u32>(at >> 3);
      over |= <u32>i64x2.bitmask(f64x2.gt(q, zero)) << <u32>(at >> 3);
    }
    store<u8>(active, (load<u8>(active) & ~fresh) | (under & fresh));
    store<u8>(active, (load<u8>(active, 1) & ~fresh) | (over & fresh), 1);

    const r0 = v128.load(row), r1 = v128.load(row, 16), r2 = v128.load(row, 32), r3 = v128.load(row, 48);
    if (v128.any_true(v128.or(v128.or(r0, r1), v128.or(r2, r3)))) {
      j = 0;
      for (let s = from; s < end; s += 2) {
        j += (<usize>load<u16>(s) >> bit) << 2;
        const p = sums + (j << 4), y = f64x2.splat(<f64>load<f32>(x + j));
        v128.store(p, f64x2.add(v128.load(p), f64x2.mul(y, r0)));
        v128.store(p, f64x2.add(v128.load(p, 16), f64x2.mul(y, r1)), 16);
        v128.store(p, f64x2.add(v128.load(p, 32), f64x2.mul(y, r2)), 32);
        v128.store(p, f64x2.add(v128.load(p, 48), f64x2.mul(y, r3)), 48);
      }
    }
    from = nextRow(end);
  }
}

/** totals (float64) += sums, which become 0: so many times eight. */
export function flush(sums: usize, totals: usize, count: i32): void {
  const zero = f32x4.splat(0);
  for (let j = 0; j < count; j++, sums += 32, totals += 64) {
    addTo(totals, v128.load(sums), v128.load(sums, 16));
    v128.store(sums, zero);
    v128.store(sums, zero, 16);
  }
}
