import { checkIsArray } from './errors.js';

/**
 * Numbers as IEEE 754 half precision: 11 significant bits, from 6e-8 to 65,504; rounded to nearest, ties to even, and
 * to infinity beyond.
 *
 * @returns The bits of each.
 *
 * @example
 * ```ts
 * toFloat16(Float32Array.of(1, 0.1)); // Uint16Array(2) [ 15360, 11878 ]
 * ```
 */
export function toFloat16(values: Float32Array): Uint16Array {
  checkIsArray('numbers', values, 'Float32Array');
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) halves[i] = round(bits[i]);
  return halves;
}

/**
 * The inverse of {@link toFloat16}: exact.
 *
 * @example
 * ```ts
 * fromFloat16(toFloat16(Float32Array.of(1, 0.1))); // Float32Array(2) [ 1, 0.0999755859375 ]
 * ```
 */
export function fromFloat16(halves: Uint16Array): Float32Array {
  checkIsArray('half-precision numbers', halves, 'Uint16Array');
  table ??= makeTable();
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = table[halves[i]];
  return values;
}

function round(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  if (exponent === 143 && (bits & 0x7fffff) !== 0) return sign | 0x7e00;
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent < -10) return sign;
  // Below 2^-14 the leading one is explicit, and the fraction loses a bit more for every power of two.
  const fraction = exponent > 0 ? bits & 0x7fffff : (bits & 0x7fffff) | 0x800000;
  const shift = exponent > 0 ? 13 : 14 - exponent;
  const half = (exponent > 0 ? exponent << 10 : 0) | (fraction >>> shift);
  const rest = fraction & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  // A carry out of the fraction increments the exponent, which is correct.
  return sign | (half + Number(rest > middle || (rest === middle && (half & 1) === 1)));
}

let table: Float32Array | undefined;

function makeTable(): Float32Array {
  return Float32Array.from({ length: 65_536 }, (_, half) => {
    const exponent = (half >>> 10) & 31;
    const fraction = half & 1023;
    const size =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent === 31
          ? fraction === 0
            ? Number.POSITIVE_INFINITY
            : Number.NaN
          : (1024 + fraction) * 2 ** (exponent - 25);
    return half & 0x8000 ? -size : size;
  });
}
