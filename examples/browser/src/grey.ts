import type { Images } from 'fer-core';

/** Draws the first of some grey images on a canvas, which takes its size. */
export function drawGrey(canvas: HTMLCanvasElement, { images, width, height }: Images): void {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) pixels.data.set([images[i], images[i], images[i], 255], 4 * i);
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
}
