/*
 * Sums of outer products of rows that are mostly zero. Columns are in an order in which the dense ones come first: pairs
 * of these are summed by a dense product of many rows, all others entry by entry.
 */

/** Writes an entry, (value, 4 · place), which the next one overwrites if the value is 0: a branch would be mispredicted. */
@inline
function put(entry: usize, value: f32, place: usize): usize {
  store<f32>(entry, value);
  store<u32>(entry, <u32>place, 4);
  return entry + (<usize>(value != 0) << 3);
}

/**
 * Takes the numbers of a row at `offsets`, relative to x. Of the first `front` it writes all numbers into `values` and
 * `weight` times these into `scaled`. To the lower triangle `sum`, row after row, it adds weight · a aᵀ for pairs of
 * which one at least is not among these.
 *
 * @param entries - Room for columns + 1 pairs of words.
 */
export function gramRow(
  x: usize,
  offsets: usize,
  columns: i32,
  front: i32,
  weight: f32,
  entries: usize,
  values: usize,
  scaled: usize,
  sum: usize,
): void {
  const middle = <usize>front << 2, end = <usize>columns << 2;
  let first = entries;
  for (let p: usize = 0; p < middle; p += 4) {
    const value = load<f32>(x + load<u32>(offsets + p));
    store<f32>(values + p, value);
    store<f32>(scaled + p, value * weight);
    first = put(first, value, p);
  }
  let last = first;
  for (let p = middle; p < end; p += 4) last = put(last, load<f32>(x + load<u32>(offsets + p)), p);
  for (let e = first; e < last; e += 8) {
    const y = weight * load<f32>(e), place = <usize>load<u32>(e, 4), line = sum + (((place >> 2) * ((place >> 2) + 1)) << 1);
    // Two at a time, the first of an odd number alone.
    let f = entries;
    if (((e - entries) & 8) == 0) {
      const p = line + <usize>load<u32>(f, 4);
      store<f32>(p, load<f32>(p) + y * load<f32>(f));
      f += 8;
    }
    for (; f <= e; f += 16) {
      const p = line + <usize>load<u32>(f, 4), q = line + <usize>load<u32>(f, 12);
      const u = load<f32>(p) + y * load<f32>(f), v = load<f32>(q) + y * load<f32>(f, 8);
      store<f32>(p, u);
      store<f32>(q, v);
    }
  }
}

/** sums += weight · x and squares += weight · x², of d numbers each. */
export function gramMoments(x: usize, d: i32, weight: f32, sums: usize, squares: usize): void {
  const bytes = <usize>d << 2, whole = bytes & ~15, weights = f32x4.splat(weight);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const value = v128.load(x + j), first = f32x4.mul(value, weights);
    v128.store(sums + j, f32x4.add(v128.load(sums + j), first));
    v128.store(squares + j, f32x4.add(v128.load(squares + j), f32x4.mul(first, value)));
  }
  for (; j < bytes; j += 4) {
    const value = load<f32>(x + j), first = value * weight;
    store<f32>(sums + j, load<f32>(sums + j) + first);
    store<f32>(squares + j, load<f32>(squares + j) + first * value);
  }
}

/** A tile of 4 × 8, added to the rows at p0 to p3: 16 multiply-adds of four a row for 4 splats and 2 loads. */
function tile(scaled: usize, values: usize, end: usize, step: usize, p0: usize, p1: usize, p2: usize, p3: usize): void {
  let a0 = v128.load(p0), a1 = v128.load(p0, 16), b0 = v128.load(p1), b1 = v128.load(p1, 16);
  let c0 = v128.load(p2), c1 = v128.load(p2, 16), d0 = v128.load(p3), d1 = v128.load(p3, 16);
  for (; values < end; values += step, scaled += step) {
    const u = v128.load(values), v = v128.load(values, 16);
    const x0 = v128.load32_splat(scaled);
    a0 = f32x4.add(a0, f32x4.mul(x0, u));
    a1 = f32x4.add(a1, f32x4.mul(x0, v));
    const x1 = v128.load32_splat(scaled, 4);
    b0 = f32x4.add(b0, f32x4.mul(x1, u));
    b1 = f32x4.add(b1, f32x4.mul(x1, v));
    const x2 = v128.load32_splat(scaled, 8);
    c0 = f32x4.add(c0, f32x4.mul(x2, u));
    c1 = f32x4.add(c1, f32x4.mul(x2, v));
    const x3 = v128.load32_splat(scaled, 12);
    d0 = f32x4.add(d0, f32x4.mul(x3, u));
    d1 = f32x4.add(d1, f32x4.mul(x3, v));
  }
  v128.store(p0, a0);
  v128.store(p0, a1, 16);
  v128.store(p1, b0);
  v128.store(p1, b1, 16);
  v128.store(p2, c0);
  v128.store(p2, c1, 16);
  v128.store(p3, d0);
  v128.store(p3, d1, 16);
}

/** The address of row a of a lower triangle that is stored row by row. */
@inline
function rowOf(triangle: usize, a: usize): usize {
  return triangle + ((a * (a + 1)) << 1);
}

/**
 * The first n rows of a lower triangle += scaledᵀ · values, both of `rows` rows of `width` numbers. The width is n rounded
 * up to a multiple of 8.
 *
 * @param room - 128 bytes, for tiles that are cut by the diagonal or by the last row.
 */
export function gramBlock(scaled: usize, values: usize, rows: i32, n: i32, width: i32, triangle: usize, room: usize): void {
  const step = <usize>width << 2, end = values + <usize>rows * step;
  for (let a: usize = 0; a < <usize>n; a += 4) {
    const x = scaled + (a << 2), p = rowOf(triangle, a);
    let b: usize = 0;
    if (a + 4 <= <usize>n) {
      for (; b + 8 <= a + 1; b += 8) {
        const q = p + (b << 2), y = values + (b << 2);
        tile(x, y, end + (b << 2), step, q, q + ((a + 1) << 2), q + ((2 * a + 3) << 2), q + ((3 * a + 6) << 2));
      }
    }
    for (; b < a + 4 && b < <usize>n; b += 8) {
      memory.fill(room, 0, 128);
      tile(x, values + (b << 2), end + (b << 2), step, room, room + 32, room + 64, room + 96);
      for (let i = a; i < a + 4 && i < <usize>n; i++) {
        const q = rowOf(triangle, i), r = room + ((i - a) << 5);
        for (let j = b; j <= i && j < b + 8; j++) {
          store<f32>(q + (j << 2), load<f32>(q + (j << 2)) + load<f32>(r + ((j - b) << 2)));
        }
      }
    }
  }
}

/**
 * Turns the lower triangle Σ weight · x xᵀ of n columns, row after row, into that of I + Σ weight · a aᵀ, of the
 * columns a = (x − mean) · scale. The diagonal is multiplied by 1 + ridge before the identity is added.
 *
 * @param columns - Three doubles for each column: scale, mean and Σ weight · x.
 * @param total - Σ weight.
 */
export function gramCentre(h: usize, n: i32, columns: usize, total: f64, ridge: f64): void {
  for (let a: usize = 0, end = columns; a < <usize>n; a++, end += 24) {
    const scale = load<f64>(end), mean = load<f64>(end, 8), rest = load<f64>(end, 16) - total * mean;
    for (let b = columns; b <= end; b += 24, h += 4) {
      const value = <f64>load<f32>(h) - mean * load<f64>(b, 16) - rest * load<f64>(b, 8);
      store<f32>(h, <f32>(value * scale * load<f64>(b)));
    }
    store<f32>(h - 4, <f32>(<f64>load<f32>(h - 4) * (1 + ridge) + 1));
  }
}
