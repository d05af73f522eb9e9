import type { Images } from 'fer-core';

/**
 * What a backbone looks at to turn an image into features; the features of all views are averaged, which a linear head
 * turns into the average of their scores (test-time averaging).
 *
 * - `single`: the image.
 * - `flip`: the image and its mirror image.
 * - `tenCrop`: the four corners and the centre, each 11/12 of the image's height and width, resized to the whole, and
 *   the mirror image of each (Krizhevsky et al., 2012).
 */
export type Views = 'single' | 'flip' | 'tenCrop';

/** The side of a crop, as a share of the image's. */
const CROP = 11 / 12;

/** Each view of some images, as a batch of its own. */
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

/** A crop with `down` and `right` shares of what is left over above and beside it, resized bilinearly to the whole. */
function crop(batch: Images, down: number, right: number): Images {
  const { images, n, height, width, channels } = batch;
  const rows = taps(height, down);
  const columns = taps(width, right);
  const cropped = new Uint8ClampedArray(images.length);
  const line = width * channels;
  for (let i = 0, at = 0; i < n; i++) {
    const image = i * height * line;
    for (const row of rows) {
      for (const column of columns) {
        for (let c = 0; c < channels; c++, at++) {
          const value = (y: number, x: number) => images[image + y * line + x * channels + c];
          const upper = mix(value(row.first, column.first), value(row.first, column.second), column.share);
          const lower = mix(value(row.second, column.first), value(row.second, column.second), column.share);
          cropped[at] = mix(upper, lower, row.share);
        }
      }
    }
  }
  return { ...batch, images: new Uint8Array(cropped.buffer) };
}

/** For each pixel along one side: the two that it lies between in the crop, and how far on the way to the second. */
function taps(size: number, lead: number): readonly { first: number; second: number; share: number }[] {
  const inside = Math.round(size * CROP);
  const start = Math.round((size - inside) * lead);
  return Array.from({ length: size }, (_, i) => {
    const at = Math.min(inside - 1, Math.max(0, ((i + 0.5) * inside) / size - 0.5));
    const first = Math.floor(at);
    const second = Math.min(inside - 1, first + 1);
    return { first: start + first, second: start + second, share: at - first };
  });
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}
