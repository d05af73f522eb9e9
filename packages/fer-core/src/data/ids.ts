import { describeValue, FerError } from '../errors.js';

/**
 * Checks that the ids of n images are absent, or an array with one per image.
 *
 * @throws FerError `INVALID_DATA`
 */
export function checkIds(ids: unknown, n: number): void {
  if (ids === undefined) return;
  if (!Array.isArray(ids) || ids.length !== n) {
    const given = Array.isArray(ids) ? `${ids.length} ids` : `ids are ${describeValue(ids)},`;
    throw new FerError('INVALID_DATA', `${given} for ${n} images: give an array with one per image, or none.`);
  }
}
