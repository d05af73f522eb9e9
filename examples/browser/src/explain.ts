import { gradCam, LayersBackbone } from 'fer-backbones';
import type { Images, PipedClassifier } from 'fer-core';
import { layerOf } from 'fer-heads';

/** Grad-CAM explains linear heads on layer networks: all shipped classifiers, and those trained in the page. */
export function canExplain({ backbone, head }: PipedClassifier): boolean {
  return backbone instanceof LayersBackbone && layerOf(head) !== undefined;
}

/** A heat map of the face to lay over it: the redder a part, the more it speaks for the predicted class. */
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
