/*
 * Exponential and logarithm in double precision, by series only. The standard library's versions read tables, and our
 * static data would overwrite that of the upstream binary in the shared memory.
 */

const LN2_HIGH: f64 = 0.693147180369123816490; // 32 bits: its product with a small whole number is exact.
const LN2_LOW: f64 = 1.90821492927058770002e-10;

/**
 * eˣ for x ≤ 0, to a few units in the last place: 2ⁿ times the Taylor series of the remainder, which is at most ½ ln 2
 * in size.
 */
export function exp(x: f64): f64 {
  if (!(x >= -708)) return x < -708 ? 0 : x; // NaN stays.
  const n = nearest<f64>(x * (1 / (LN2_HIGH + LN2_LOW)));
  const rest = x - n * LN2_HIGH - n * LN2_LOW;
  let sum: f64 = 1;
  for (let i: f64 = 14; i > 0; i--) sum = 1 + (sum * rest) / i;
  return sum * reinterpret<f64>((<i64>n + 1023) << 52);
}

/** ln y for finite y ≥ 1: y = 2ⁿ·m with 1 ≤ m < 2, and ln m = 2 artanh((m − 1) / (m + 1)), as a series. */
export function log(y: f64): f64 {
  if (y != y) return y;
  const bits = reinterpret<i64>(y), n = <f64>((bits >> 52) - 1023);
  const m = reinterpret<f64>((bits & 0x000f_ffff_ffff_ffff) | (1023 << 52));
  const s = (m - 1) / (m + 1), square = s * s;
  let sum: f64 = 0;
  for (let i: f64 = 33; i > 0; i -= 2) sum = 1 / i + sum * square;
  return n * LN2_HIGH + (n * LN2_LOW + 2 * s * sum);
}
