import type { Images } from 'fer-core';

/** Draws the first of the grey images on a canvas, which is resized to fit it. */
export function drawGrey(canvas: HTMLCanvasElement, { images, width, height }: Images): void {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) pixels.data.set([images[i], images[i], images[i], 255], 4 * i);
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
}
