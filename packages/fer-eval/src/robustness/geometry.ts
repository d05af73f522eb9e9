import type { Images, Random } from 'fer-core';
import { checkLevel, clampIndex, toByte, withBytes } from './corruption.js';

/**
 * A tilted head: each image turned about its centre ((width − 1)/2, (height − 1)/2), to the left or to the right by
 * chance, sampled bilinearly; beyond its edge an image goes on as its edge.
 *
 * @param degrees - How far, 0..180.
 */
export function rotation(images: Images, degrees: number, random: Random): Images {
  checkLevel('degrees', degrees, 0, 180);
  const { height, width } = images;
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  return move(images, () => {
    const angle = ((random.uniform() < 0.5 ? -1 : 1) * degrees * Math.PI) / 180;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return (x, y) => [cx + cos * (x - cx) - sin * (y - cy), cy + sin * (x - cx) + cos * (y - cy)];
  });
}

/**
 * A face out of the middle: each image moved in a direction drawn uniformly from the circle, sampled bilinearly; beyond
 * its edge an image goes on as its edge.
 *
 * @param distance - As a fraction of the shorter side, 0..1.
 */
export function shift(images: Images, distance: number, random: Random): Images {
  checkLevel('distance', distance, 0, 1);
  const pixels = distance * Math.min(images.height, images.width);
  return move(images, () => {
    const angle = 2 * Math.PI * random.uniform();
    const [dx, dy] = [pixels * Math.cos(angle), pixels * Math.sin(angle)];
    return (x, y) => [x - dx, y - dy];
  });
}

/** Where the pixel that goes to (x, y) comes from. */
type Source = (x: number, y: number) => readonly [x: number, y: number];

/** Resamples every image through a map of its own. */
function move(images: Images, draw: () => Source): Images {
  const { n, height, width, channels, images: bytes } = images;
  const line = width * channels;
  const out = new Uint8Array(bytes.length);
  let at = 0;
  for (let i = 0; i < n; i++) {
    const from = draw();
    const start = i * height * line;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [sx, sy] = from(x, y);
        const [left, top] = [Math.floor(sx), Math.floor(sy)];
        const [fx, fy] = [sx - left, sy - top];
        const x0 = clampIndex(left, width) * channels;
        const x1 = clampIndex(left + 1, width) * channels;
        const y0 = start + clampIndex(top, height) * line;
        const y1 = start + clampIndex(top + 1, height) * line;
        for (let c = 0; c < channels; c++) {
          const upper = (1 - fx) * bytes[y0 + x0 + c] + fx * bytes[y0 + x1 + c];
          const lower = (1 - fx) * bytes[y1 + x0 + c] + fx * bytes[y1 + x1 + c];
          out[at++] = toByte((1 - fy) * upper + fy * lower);
        }
      }
    }
  }
  return withBytes(images, out);
}
