import { madd } from './madd';

/*
 * The one-dimensional transforms of Winograd's minimal filtering for tiles of 3 and of 6 outputs, of four channels at a
 * time. F(3, 3) has the interpolation points 0, ±1, 2, ∞, and F(6, 3) the points 0, ±1, ±2, ±1/2, ∞. The gradient of the
 * filter is F(3, 3), or F(3, 6) at the points of F(6, 3).
 */

/** Bᵀ d for tiles of 3: five lines into five. */
@inline
export function transformInput3(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, to: usize, next: usize): void {
  const two = f32x4.splat(2), e = v128.sub<f32>(d3, d1), t1 = v128.mul<f32>(two, d1);
  v128.store(to, v128.add<f32>(v128.mul<f32>(two, v128.sub<f32>(d0, d2)), e));
  v128.store(to + next, v128.sub<f32>(v128.sub<f32>(d3, d2), t1));
  v128.store(to + 2 * next, v128.add<f32>(t1, v128.sub<f32>(d3, v128.mul<f32>(f32x4.splat(3), d2))));
  v128.store(to + 3 * next, e);
  v128.store(to + 4 * next, v128.sub<f32>(v128.sub<f32>(d4, d2), v128.mul<f32>(two, e)));
}

/** Bᵀ d for tiles of 6: eight lines into eight. */
@inline
export function transformInput6(
  d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, d6: v128, d7: v128, to: usize, next: usize,
): void {
  const ends = f32x4.splat(5.25);
  v128.store(to, madd(ends, v128.sub<f32>(d4, d2), v128.sub<f32>(d0, d6)));
  v128.store(to + 7 * next, madd(ends, v128.sub<f32>(d3, d5), v128.sub<f32>(d7, d1)));
  const less = f32x4.splat(-4.25);
  put(madd(less, d4, v128.add<f32>(d2, d6)), madd(less, d3, v128.add<f32>(d1, d5)), to + next, next);
  const quarter = f32x4.splat(0.25), half = f32x4.splat(0.5), two = f32x4.splat(2), middle = f32x4.splat(-2.5);
  const even = madd(quarter, d2, madd(f32x4.splat(-1.25), d4, d6));
  put(even, madd(half, d1, madd(middle, d3, v128.mul<f32>(two, d5))), to + 3 * next, next);
  const even2 = madd(f32x4.splat(4), d2, madd(f32x4.splat(-5), d4, d6));
  put(even2, madd(two, d1, madd(middle, d3, v128.mul<f32>(half, d5))), to + 5 * next, next);
}

/** The sum and the difference of two values, for a point and its negative. */
@inline
function put(even: v128, odd: v128, to: usize, next: usize): void {
  v128.store(to, v128.add<f32>(even, odd));
  v128.store(to + next, v128.sub<f32>(even, odd));
}

/** G g for tiles of 3: three lines into five. */
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

/** G g for tiles of 6: three lines into eight. */
@inline
export function transformFilter6(g0: v128, g1: v128, g2: v128, to: usize, next: usize): void {
  v128.store(to, g0);
  v128.store(to + 7 * next, g2);
  scaled(v128.add<f32>(g0, g2), g1, -2.0 / 9.0, to + next, next);
  scaled(madd(f32x4.splat(4), g2, g0), v128.add<f32>(g1, g1), 1.0 / 90.0, to + 3 * next, next);
  scaled(madd(f32x4.splat(0.25), g2, g0), v128.mul<f32>(f32x4.splat(0.5), g1), 32.0 / 45.0, to + 5 * next, next);
}

/** As {@link put}, times a factor. */
@inline
function scaled(even: v128, odd: v128, factor: f32, to: usize, next: usize): void {
  const f = f32x4.splat(factor);
  v128.store(to, v128.mul<f32>(f, v128.add<f32>(even, odd)));
  v128.store(to + next, v128.mul<f32>(f, v128.sub<f32>(even, odd)));
}

/** G dy for tiles of 6: six lines into eight. */
@inline
export function transformGradient6(
  g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128, to: usize, next: usize,
): void {
  v128.store(to, g0);
  v128.store(to + 7 * next, g5);
  const even = v128.add<f32>(v128.add<f32>(g0, g2), g4), odd = v128.add<f32>(v128.add<f32>(g1, g3), g5);
  scaled(even, odd, -2.0 / 9.0, to + next, next);
  const four = f32x4.splat(4), odd2 = madd(four, madd(four, g5, g3), g1);
  scaled(madd(four, madd(four, g4, g2), g0), v128.add<f32>(odd2, odd2), 1.0 / 90.0, to + 3 * next, next);
  const quarter = f32x4.splat(0.25), odd4 = v128.mul<f32>(f32x4.splat(0.5), madd(quarter, madd(quarter, g5, g3), g1));
  scaled(madd(quarter, madd(quarter, g4, g2), g0), odd4, 32.0 / 45.0, to + 5 * next, next);
}

/** Aᵀ m for tiles of 3: five lines into three. */
@inline
export function transformOutput3(m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, to: usize, next: usize): void {
  const s = v128.add<f32>(m1, m2), d = v128.sub<f32>(m1, m2);
  v128.store(to, v128.add<f32>(v128.add<f32>(m0, s), m3));
  v128.store(to + next, v128.add<f32>(d, v128.add<f32>(m3, m3)));
  v128.store(to + 2 * next, v128.add<f32>(v128.add<f32>(s, v128.mul<f32>(f32x4.splat(4), m3)), m4));
}

/** Aᵀ m for tiles of 6: eight lines into six, or into the three of the gradient of the filter. */
@inline
export function transformOutput6(
  m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, m6: v128, m7: v128, to: usize, next: usize, lines: i32,
): void {
  const s1 = v128.add<f32>(m1, m2), s2 = v128.add<f32>(m3, m4), s3 = v128.add<f32>(m5, m6);
  const d1 = v128.sub<f32>(m1, m2), d2 = v128.sub<f32>(m3, m4), d3 = v128.sub<f32>(m5, m6);
  const y2 = madd(f32x4.splat(4), s2, madd(f32x4.splat(0.25), s3, s1));
  v128.store(to, v128.add<f32>(v128.add<f32>(m0, s1), v128.add<f32>(s2, s3)));
  v128.store(to + next, madd(f32x4.splat(2), d2, madd(f32x4.splat(0.5), d3, d1)));
  if (lines == 3) {
    v128.store(to + 2 * next, v128.add<f32>(y2, m7));
    return;
  }
  v128.store(to + 2 * next, y2);
  v128.store(to + 3 * next, madd(f32x4.splat(8), d2, madd(f32x4.splat(0.125), d3, d1)));
  v128.store(to + 4 * next, madd(f32x4.splat(16), s2, madd(f32x4.splat(0.0625), s3, s1)));
  v128.store(to + 5 * next, v128.add<f32>(madd(f32x4.splat(32), d2, madd(f32x4.splat(0.03125), d3, d1)), m7));
}
