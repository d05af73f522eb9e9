import type { Classifier, FeatureMatrix, LinearLayer } from 'fer-core';
import { checkClassifier } from '../rows/makeHead.js';
import type { LinearHead } from './linearHead.js';

/**
 * The dense layer behind a fitted head: of a linear head its weights, of a calibrated linear head those of the head
 * below, whose scores the calibration turns into probabilities. Grad-CAM and training on from a classifier take it.
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
