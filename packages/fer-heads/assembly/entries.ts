/*
 * Products of a few rows that are mostly zero with one vector, in float64. What isn't zero is a float in `values`, row
 * after row, and its column in `columns`, in 16 bits; `ends` has the number of entries up to the end of each row.
 */

/** out (rows) = X · v. */
export function entriesTimes(values: usize, columns: usize, ends: usize, rows: i32, v: usize, out: usize): void {
  let e = values;
  for (let t = 0; t < rows; t++, ends += 4, out += 8) {
    const end = values + (<usize>load<u32>(ends) << 2);
    let a: f64 = 0, b: f64 = 0;
    for (; e + 4 < end; e += 8, columns += 4) {
      a += <f64>load<f32>(e) * load<f64>(v + (<usize>load<u16>(columns) << 3));
      b += <f64>load<f32>(e, 4) * load<f64>(v + (<usize>load<u16>(columns, 2) << 3));
    }
    for (; e < end; e += 4, columns += 2) a += <f64>load<f32>(e) * load<f64>(v + (<usize>load<u16>(columns) << 3));
    store<f64>(out, a + b);
  }
}

/** sums (d) += Xᵀ · r. */
export function entriesAdd(values: usize, columns: usize, ends: usize, rows: i32, r: usize, sums: usize): void {
  let e = values;
  for (let t = 0; t < rows; t++, ends += 4, r += 8) {
    const end = values + (<usize>load<u32>(ends) << 2), factor = load<f64>(r);
    for (; e < end; e += 4, columns += 2) {
      const p = sums + (<usize>load<u16>(columns) << 3);
      store<f64>(p, load<f64>(p) + <f64>load<f32>(e) * factor);
    }
  }
}
