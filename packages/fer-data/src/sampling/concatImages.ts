import { checkImages, FerError, type Images } from 'fer-core';

/**
 * Joins batches of images into one, in the order given.
 *
 * @param batches - One or more, with images of the same size and number of channels. Are not changed.
 * @returns The images without labels and ids: for data sets, use `concatDatasets`.
 * @throws FerError `INVALID_DATA` if they differ, `INVALID_ARGUMENT` if there are none.
 *
 * @example
 * ```ts
 * const faces = concatImages(await loadImage('a.jpg'), await loadImage('b.jpg'));
 * ```
 */
export function concatImages(...batches: readonly Images[]): Images {
  if (batches.length === 0) throw new FerError('INVALID_ARGUMENT', 'there are no images to join: give at least one.');
  for (const batch of batches) checkImages(batch);
  const { height, width, channels } = batches[0];
  const shape = (batch: Images) => `${batch.height}×${batch.width}×${batch.channels}`;
  const other = batches.findIndex((batch) => shape(batch) !== shape(batches[0]));
  if (other >= 0) {
    throw new FerError(
      'INVALID_DATA',
      `the images of batch ${other + 1} are ${shape(batches[other])}, those of the first ${shape(batches[0])}: ` +
        'resize them first (resizeImages).',
    );
  }
  const n = batches.reduce((sum, batch) => sum + batch.n, 0);
  const images = new Uint8Array(n * height * width * channels);
  let at = 0;
  for (const batch of batches) {
    images.set(batch.images, at);
    at += batch.images.length;
  }
  return { images, n, height, width, channels };
}
