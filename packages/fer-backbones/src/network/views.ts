import { type Images, resizeBilinear } from 'fer-core';

/**
 * The versions of an image that a backbone computes features of. The features of all views are averaged; with a linear
 * head this is the same as averaging the scores (test-time augmentation).
 *
 * - `single`: the image.
 * - `flip`: the image and its mirror image.
 * - `tenCrop`: the four corners and the centre, each with 11/12 of the image's height and width and resized to the full
 *   size, and the mirror image of each (Krizhevsky et al., 2012).
 */
export type Views = 'single' | 'flip' | 'tenCrop';

/** The side of a crop, as a fraction of the image's side. */
const CROP = 11 / 12;

/** Returns each view of some images as a batch. */
export function viewsOf(images: Images, views: Views): readonly Images[] {
  if (views === 'single') return [images];
  if (views === 'flip') return [images, mirror(images)];
  const crops = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
    [0.5, 0.5],
  ].map(([down, right]) => crop(images, down, right));
  return [...crops, ...crops.map(mirror)];
}

function mirror(batch: Images): Images {
  const { images, n, height, width, channels } = batch;
  const mirrored = new Uint8Array(images.length);
  for (let row = 0; row < n * height; row++) {
    for (let x = 0; x < width; x++) {
      const from = (row * width + width - 1 - x) * channels;
      for (let c = 0; c < channels; c++) mirrored[(row * width + x) * channels + c] = images[from + c];
    }
  }
  return { ...batch, images: mirrored };
}

/**
 * A crop, resized bilinearly to the full size. `down` and `right` are the fractions of the remaining space above and to
 * the left of it.
 */
function crop(batch: Images, down: number, right: number): Images {
  const { images, n, height, width, channels } = batch;
  const size = [Math.round(height * CROP), Math.round(width * CROP)] as const;
  const top = Math.round((height - size[0]) * down);
  const left = Math.round((width - size[1]) * right);
  const cropped = new Uint8ClampedArray(images.length);
  const part = new Uint8Array(size[0] * size[1] * channels);
  const line = size[1] * channels;
  for (let i = 0; i < n; i++) {
    for (let y = 0; y < size[0]; y++) {
      const from = ((i * height + top + y) * width + left) * channels;
      part.set(images.subarray(from, from + line), y * line);
    }
    cropped.set(resizeBilinear(part, size, [height, width], channels), i * height * width * channels);
  }
  return { ...batch, images: new Uint8Array(cropped.buffer) };
}
