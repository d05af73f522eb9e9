/** Views of one number's bits. */
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * Numbers as IEEE 754 half precision: 11 significant bits, from 6e-8 to 65,504; rounded to nearest, ties to even, and
 * to infinity beyond.
 *
 * @returns The bits of each.
 */
export function toFloat16(values: ArrayLike<number>): Uint16Array {
  return Uint16Array.from(values, (value) => {
    float[0] = value;
    const sign = (bits[0] >>> 16) & 0x8000;
    const magnitude = bits[0] & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00;
    // 65,520 and more round to infinity.
    if (magnitude >= 0x477ff000) return sign | 0x7c00;
    // Below 2⁻¹⁴ halves are multiples of 2⁻²⁴: adding ½ to the scaled number lets the float adder round it.
    if (magnitude < 0x38800000) {
      float[0] = Math.abs(value);
      float[0] += 0.5;
      return sign | (bits[0] - 0x3f000000);
    }
    const odd = (magnitude >>> 13) & 1;
    return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
  });
}

/** The inverse of {@link toFloat16}: exact. */
export function fromFloat16(halves: ArrayLike<number>): Float32Array {
  return Float32Array.from(halves, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >>> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 0) return (sign * fraction) / 16777216;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}
