import { gradCam, LayersBackbone } from 'fer-backbones';
import type { Images, PipedClassifier } from 'fer-core';
import { layerOf } from 'fer-heads';

/** Grad-CAM explains linear heads on networks of layers: all that are shipped, and those trained in the page. */
export function canExplain({ backbone, head }: PipedClassifier): boolean {
  return backbone instanceof LayersBackbone && layerOf(head) !== undefined;
}

/** What of a face speaks for its class, as a picture to lay over it: the redder, the more. */
export async function explain({ backbone, head }: PipedClassifier, face: Images): Promise<OffscreenCanvas> {
  const layer = layerOf(head);
  if (!(backbone instanceof LayersBackbone && layer)) throw new Error('This classifier has no Grad-CAM.');
  const { data, width, height } = await gradCam(backbone, layer, face);
  const pixels = new ImageData(width, height);
  for (const [i, heat] of data.entries()) pixels.data.set([255, 200 * (1 - heat), 0, 190 * heat], 4 * i);
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
  return canvas;
}
