import { backbones, LayersBackbone } from 'fer-backbones';
import { FerError, isPiped, type LinearLayer, loadClassifier } from 'fer-core';
import { heads, layerOf } from 'fer-heads';
import { modelFolder } from '../shared/modelFolder.js';

/**
 * Returns the backbone of a trained classifier and, if its head is linear, the corresponding layer, to continue
 * training from.
 */
export async function goOnFrom(model: string): Promise<{ backbone: LayersBackbone; layer?: LinearLayer | undefined }> {
  const classifier = await loadClassifier(await modelFolder(model), { backbones, heads });
  if (!isPiped(classifier) || !(classifier.backbone instanceof LayersBackbone)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${model} is not a single network with a head, so training can't continue from it.`,
    );
  }
  const { backbone, head } = classifier;
  return { backbone, layer: layerOf(head) };
}
