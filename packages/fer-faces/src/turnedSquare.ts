import type { FaceSquare } from './framing.js';
import type { Photo } from './photo.js';
import { cut } from './pyramid.js';
import { resample } from './resample.js';

/**
 * Cuts a square from a photo as a picture of `size` × `size`. Parts beyond the photo's edge are black. Shrinking
 * averages; a rotated square is interpolated linearly.
 */
export function turnedSquare(photo: Photo, { centre, side, turn }: FaceSquare, size: number): Photo {
  const angle = (turn * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const reach = (side / 2) * (Math.abs(cos) + Math.abs(sin)) + 1;
  const [left, top] = [Math.floor(centre.x - reach), Math.floor(centre.y - reach)];
  const around = Math.ceil(2 * reach) + 1;
  // First shrinks the square with its surroundings, so that neighbouring points are at most two pixels apart.
  const zoom = Math.max(1, Math.floor(side / size));
  const length = Math.ceil(around / zoom);
  const source = resample(cut(photo, { left, top, width: length * zoom, height: length * zoom }), length, length);
  const step = side / size / zoom;
  const [stepX, stepY] = [cos * step, sin * step];
  const [middleX, middleY] = [(centre.x - left) / zoom - 0.5, (centre.y - top) / zoom - 0.5];
  const from = source.pixels;
  const pixels = new Uint8Array(3 * size * size);
  const most = length - 1.001;
  for (let row = 0, to = 0; row < size; row++) {
    const v = row + 0.5 - size / 2;
    for (let column = 0; column < size; column++, to += 3) {
      const u = column + 0.5 - size / 2;
      const x = Math.min(Math.max(middleX + u * stepX - v * stepY, 0), most);
      const y = Math.min(Math.max(middleY + u * stepY + v * stepX, 0), most);
      const [x0, y0] = [x | 0, y | 0];
      const [across, down] = [x - x0, y - y0];
      const upper = 3 * (y0 * length + x0);
      const lower = upper + 3 * length;
      for (let c = 0; c < 3; c++) {
        const above = from[upper + c] + across * (from[upper + c + 3] - from[upper + c]);
        const below = from[lower + c] + across * (from[lower + c + 3] - from[lower + c]);
        pixels[to + c] = above + down * (below - above) + 0.5;
      }
    }
  }
  return { pixels, width: size, height: size };
}
