/*
 * Products with a sparse matrix of float32 numbers. A row is a run of entries (value, step): the entry's column is the
 * sum of the steps up to it. Steps are bytes: a longer gap is bridged by entries of value 0. A row has an even number
 * of entries. Vectors are panels of eight score columns, d × 8: one entry is a splat and two multiply-adds of four.
 */

/** The next column from j on whose number is not zero, or d: four at a time are passed over at once. */
@inline
function nextFilled(x: usize, j: i32, d: i32): i32 {
  while (j + 4 <= d && !v128.any_true(v128.load(x + (<usize>j << 2)))) j += 4;
  while (j < d && load<f32>(x + (<usize>j << 2)) == 0) j++;
  return j;
}

/** Counts the entries that `rows` dense rows of d numbers become. */
export function countEntries(x: usize, rows: i32, d: i32): i32 {
  let count = 0;
  for (let i = 0; i < rows; i++, x += <usize>d << 2) {
    let last = 0, entries = 0;
    for (let j = nextFilled(x, 0, d); j < d; j = nextFilled(x, j + 1, d)) {
      for (; j - last > 255; last += 255) entries++;
      entries++;
      last = j;
    }
    count += (entries + 1) & ~1;
  }
  return count;
}

/** Packs dense rows. Writes where each ends, counted in entries, into `ends`, and sets the bytes of `live` columns. */
export function packRows(x: usize, rows: i32, d: i32, values: usize, steps: usize, ends: usize, live: usize): void {
  let at = 0;
  for (let i = 0; i < rows; i++, x += <usize>d << 2, ends += 4) {
    let last = 0;
    for (let j = nextFilled(x, 0, d); j < d; j = nextFilled(x, j + 1, d)) {
      for (; j - last > 255; last += 255, at++) {
        store<f32>(values + (<usize>at << 2), 0);
        store<u8>(steps + at, 255);
      }
      store<f32>(values + (<usize>at << 2), load<f32>(x + (<usize>j << 2)));
      store<u8>(steps + at, j - last);
      store<u8>(live + j, 1);
      last = j;
      at++;
    }
    if (at & 1) {
      store<f32>(values + (<usize>at << 2), 0);
      store<u8>(steps + at, 0);
      at++;
    }
    store<u32>(ends, at);
  }
}

/**
 * out (rows × 8) = X · panel. Two entries a turn, each with its
 * own sums, to halve the chain of dependent additions.
 */
export function packedScores(values: usize, steps: usize, ends: usize, rows: i32, panel: usize, out: usize): void {
  let v = values, s = steps;
  for (let i = 0; i < rows; i++, ends += 4, out += 32) {
    const end = steps + load<u32>(ends);
    let a0 = f32x4.splat(0), a1 = a0, b0 = a0, b1 = a0, p = panel;
    for (; s < end; s += 2, v += 8) {
      p += <usize>load<u8>(s) << 5;
      const x = v128.load32_splat(v);
      a0 = f32x4.add(a0, f32x4.mul(x, v128.load(p)));
      a1 = f32x4.add(a1, f32x4.mul(x, v128.load(p, 16)));
      p += <usize>load<u8>(s, 1) << 5;
      const y = v128.load32_splat(v, 4);
      b0 = f32x4.add(b0, f32x4.mul(y, v128.load(p)));
      b1 = f32x4.add(b1, f32x4.mul(y, v128.load(p, 16)));
    }
    v128.store(out, f32x4.add(a0, b0));
    v128.store(out, f32x4.add(a1, b1), 16);
  }
}

/** The same in float64, for values that are compared: the panel and `out` are float64. */
export function packedScores64(values: usize, steps: usize, ends: usize, rows: i32, panel: usize, out: usize): void {
  let v = values, s = steps;
  for (let i = 0; i < rows; i++, ends += 4, out += 64) {
    const end = steps + load<u32>(ends);
    let a0 = f64x2.splat(0), a1 = a0, a2 = a0, a3 = a0, p = panel;
    for (; s < end; s++, v += 4) {
      p += <usize>load<u8>(s) << 6;
      const x = f64x2.splat(<f64>load<f32>(v));
      a0 = f64x2.add(a0, f64x2.mul(x, v128.load(p)));
      a1 = f64x2.add(a1, f64x2.mul(x, v128.load(p, 16)));
      a2 = f64x2.add(a2, f64x2.mul(x, v128.load(p, 32)));
      a3 = f64x2.add(a3, f64x2.mul(x, v128.load(p, 48)));
    }
    v128.store(out, a0);
    v128.store(out, a1, 16);
    v128.store(out, a2, 32);
    v128.store(out, a3, 48);
  }
}

/** sums (d × 8) += Xᵀ · r (rows × 8). */
export function packedAccumulate(values: usize, steps: usize, ends: usize, rows: i32, r: usize, sums: usize): void {
  let v = values, s = steps;
  for (let i = 0; i < rows; i++, ends += 4, r += 32) {
    const end = steps + load<u32>(ends), r0 = v128.load(r), r1 = v128.load(r, 16);
    let p = sums;
    for (; s < end; s++, v += 4) {
      p += <usize>load<u8>(s) << 5;
      const x = v128.load32_splat(v);
      v128.store(p, f32x4.add(v128.load(p), f32x4.mul(x, r0)));
      v128.store(p, f32x4.add(v128.load(p, 16), f32x4.mul(x, r1)), 16);
    }
  }
}

/**
 * sum += Σ weight · a aᵀ over some rows a of X with a last entry of 1 at column d. Only the lower triangle is kept, row
 * after row, and only of columns that have a place: `places` has each column's index in the sum, or −1.
 *
 * A row's entries are unpacked once into `entries` (value, 4 · place), then multiplied in pairs.
 */
export function packedGram(
  values: usize, steps: usize, ends: usize, picked: usize, weights: usize, count: i32,
  places: usize, d: i32, entries: usize, sum: usize,
): void {
  const constant = load<i32>(places + (<usize>d << 2));
  for (let i = 0; i < count; i++, picked += 4, weights += 4) {
    const row = load<u32>(picked), end = load<u32>(ends + (<usize>row << 2));
    let at = row ? load<u32>(ends + (<usize>(row - 1) << 2)) : 0, column: usize = 0, last = entries;
    for (; at < end; at++) {
      column += <usize>load<u8>(steps + at);
      const place = load<i32>(places + (column << 2)), value = load<f32>(values + (<usize>at << 2));
      if (value == 0 || place < 0) continue;
      store<f32>(last, value);
      store<u32>(last, <u32>place << 2, 4);
      last += 8;
    }
    if (constant >= 0) {
      store<f32>(last, 1);
      store<u32>(last, <u32>constant << 2, 4);
      last += 8;
    }
    const weight = load<f32>(weights);
    for (let e = entries; e < last; e += 8) {
      const x = weight * load<f32>(e), place = <usize>load<u32>(e, 4), line = sum + (((place >> 2) * ((place >> 2) + 1)) << 1);
      // Two at a time, the first of an odd number alone.
      let f = entries;
      if (((e - entries) & 8) == 0) {
        const p = line + <usize>load<u32>(f, 4);
        store<f32>(p, load<f32>(p) + x * load<f32>(f));
        f += 8;
      }
      for (; f <= e; f += 16) {
        const p = line + <usize>load<u32>(f, 4), q = line + <usize>load<u32>(f, 12);
        const y = load<f32>(p) + x * load<f32>(f), z = load<f32>(q) + x * load<f32>(f, 8);
        store<f32>(p, y);
        store<f32>(q, z);
      }
    }
  }
}
