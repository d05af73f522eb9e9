import type { Classifier, FeatureMatrix, LinearLayer } from 'fer-core';
import { checkClassifier } from '../rows/makeHead.js';
import type { LinearHead } from './linearHead.js';

/**
 * Returns a fitted head as a dense layer. For a linear head it holds the weights of the head. For a calibrated linear
 * head it holds the weights of the head inside, whose scores the calibration turns into probabilities. Use it for
 * Grad-CAM, or to continue training from a classifier.
 *
 * @returns `undefined` for any other head.
 * @throws FerError `NOT_FITTED` before `fit`.
 *
 * @example
 * ```ts
 * const layer = layerOf(classifier.head);
 * if (layer) await gradCam(backbone, layer, face);
 * ```
 */
export function layerOf(head: Classifier<FeatureMatrix>): LinearLayer | undefined {
  checkClassifier('the head', head);
  if ('toLayer' in head) return (head as LinearHead).toLayer();
  if ('classifier' in head) return layerOf((head as { readonly classifier: Classifier<FeatureMatrix> }).classifier);
  return undefined;
}
