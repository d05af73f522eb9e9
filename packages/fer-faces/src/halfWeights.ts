import { FerError, fromFloat16 } from 'fer-core';

/**
 * Decodes the weights of a network, and returns a function that takes the next n of them.
 *
 * @param base64 - Half-precision numbers, little-endian.
 * @param count - How many there are.
 * @param owner - Whose weights they are, for the error.
 * @throws FerError `CORRUPT` if there are more or fewer.
 */
export function halfWeights(base64: string, count: number, owner: string): (n: number) => Float32Array {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  if (bytes.length !== 2 * count) {
    throw new FerError('CORRUPT', `${owner}'s weights have ${bytes.length} bytes: install fer-faces again.`);
  }
  const values = fromFloat16(new Uint16Array(bytes.buffer));
  let at = 0;
  return (n) => {
    at += n;
    return values.subarray(at - n, at);
  };
}
