import { FerError } from 'fer-core';

/** Float64 numbers as little-endian bytes. */
export function float64ToBytes(values: Float64Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  for (let i = 0; i < values.length; i++) view.setFloat64(i * 8, values[i], true);
  return new Uint8Array(view.buffer);
}

/**
 * The inverse of {@link float64ToBytes}. Throws `CORRUPT` if the number of bytes is wrong or a number is not finite.
 */
export function bytesToFloat64(bytes: Uint8Array, count: number, file: string): Float64Array {
  if (bytes.length !== count * 8) {
    throw new FerError('CORRUPT', `${bytes.length} bytes, expected ${count * 8}: save it again.`, { file });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = Float64Array.from({ length: count }, (_, i) => view.getFloat64(i * 8, true));
  if (!numbers.every(Number.isFinite))
    throw new FerError('CORRUPT', 'a number is not finite: save it again.', { file });
  return numbers;
}
