import type { Images } from 'fer-core';
import { browserImages } from 'fer-data';
import type { Box } from './detector.js';

/** Pixels a side of what classifiers take. */
const SIZE = 48;

/** How much wider than the detector's box the pictures of FER2013 are cut. */
const MARGIN = 1.1;

/** The square around a face that a classifier gets to see; it may reach beyond the picture. */
export function faceSquare({ x, y, width, height }: Box): Box {
  const side = Math.max(width, height) * MARGIN;
  return { x: x + (width - side) / 2, y: y + (height - side) / 2, width: side, height: side };
}

/** One grey 48×48 image of a square of a picture; black where it reaches beyond. */
export async function cutFace(picture: CanvasImageSource, square: Box): Promise<Images> {
  const canvas = new OffscreenCanvas(SIZE, SIZE);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, square.x, square.y, square.width, square.height, 0, 0, SIZE, SIZE);
  return browserImages([context.getImageData(0, 0, SIZE, SIZE)]);
}
