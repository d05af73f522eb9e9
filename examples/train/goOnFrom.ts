import { backbones, LayersBackbone } from 'fer-backbones';
import { FerError, isPiped, type LinearLayer, loadClassifier } from 'fer-core';
import { heads, layerOf } from 'fer-heads';
import { modelFolder } from '../shared/modelFolder.js';

/** The backbone of a trained classifier and, of a linear head, the layer on it: what more training begins with. */
export async function goOnFrom(model: string): Promise<{ backbone: LayersBackbone; layer?: LinearLayer | undefined }> {
  const classifier = await loadClassifier(await modelFolder(model), { backbones, heads });
  if (!isPiped(classifier) || !(classifier.backbone instanceof LayersBackbone)) {
    throw new FerError('INVALID_ARGUMENT', `${model} is not one network with a head: nothing to go on from.`);
  }
  const { backbone, head } = classifier;
  return { backbone, layer: layerOf(head) };
}
