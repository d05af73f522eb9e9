import type { FeatureMatrix } from 'fer-core';

/** Returns a checksum of each row. Rows differ if their numbers do, if only by the sign of a zero. */
export function checksums({ data, rows, columns: d }: FeatureMatrix): Int32Array {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const sums = new Int32Array(rows);
  for (let i = 0; i < rows; i++) sums[i] = checksum(bits, i * d, (i + 1) * d);
  return sums;
}

/**
 * Returns a 32-bit checksum of the numbers from..to−1, given by their bits. It depends on their order, differs for 0 and
 * −0, and always differs if a single number does; other changes go unnoticed once in 2³². For a thousand numbers in
 * cache it takes 1 ns a number, since four chains of multiplications overlap. After each multiplication, which carries
 * differences to higher bits only, the rotation brings them down again: numbers with few digits, or changes of signs
 * only, differ in nothing but their highest bits.
 */
function checksum(bits: Int32Array, from: number, to: number): number {
  let [a, b, c, d] = [1, 2, 3, 4];
  let i = from;
  for (; i + 4 <= to; i += 4) {
    a = step(a, bits[i]);
    b = step(b, bits[i + 1]);
    c = step(c, bits[i + 2]);
    d = step(d, bits[i + 3]);
  }
  for (; i < to; i++) a = step(a, bits[i]);
  return spread(spread(spread(a) ^ b) ^ c) ^ d;
}

function step(sum: number, word: number): number {
  const product = Math.imul(sum ^ word, 0x9e3779b1);
  return (product << 13) | (product >>> 19);
}

/** The finalizer of MurmurHash3, by which each bit changes all others. */
function spread(sum: number): number {
  const once = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}
