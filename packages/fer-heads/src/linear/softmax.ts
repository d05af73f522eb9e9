import {
  checkOptions,
  type FeatureMatrix,
  type LinearLayer,
  type PartLoader,
  RUN_OPTIONS,
  type RunOptions,
  softmaxRows,
} from 'fer-core';
import { rowTargets } from '../rows/targets.js';
import { type LinearHead, type LinearKind, linearLoader, makeLinearHead } from './linearHead.js';
import { type LinearModel, modelFromLayer } from './linearModel.js';
import { multinomial } from './multinomial.js';
import type { LinearHeadOptions } from './options.js';

const KIND: LinearKind = {
  kind: 'softmax',
  defaultBias: 'free',
  objective(y, n, weighting) {
    const targets = rowTargets(y, n, weighting);
    const probabilities = new Float32Array(targets.k * n);
    return (design, passes) => multinomial(design, targets, probabilities, passes);
  },
};

/** A linear head whose scores are logits. */
export interface SoftmaxHead extends LinearHead {
  /** n × k: the softmax of the scores. */
  predictProba(x: FeatureMatrix, options?: RunOptions): Promise<FeatureMatrix>;
}

/**
 * Multinomial logistic regression with an L2 penalty, solved to the optimum (scikit-learn's
 * `LogisticRegression(multi_class='multinomial')`):
 *
 *   min ½‖W‖² − C Σᵢ cᵢ log softmax(W·xᵢ + b)[yᵢ]
 *
 * @throws FerError `INVALID_ARGUMENT` if an option is out of range.
 *
 * @example
 * ```ts
 * const head = softmax({ C: 1e-2 });
 * await head.fit(features, train);
 * const { data } = await head.predictProba(testFeatures); // n × k, rows sum to 1
 * ```
 */
export function softmax(options: LinearHeadOptions = {}): SoftmaxHead {
  return makeSoftmax(options);
}

/**
 * Makes a fitted head from a dense layer, such as end-to-end training with the cross-entropy returns.
 *
 * @param options - Options for a later `fit`.
 * @throws FerError `INVALID_DATA` if the layer breaks its contract.
 *
 * @example
 * ```ts
 * await backbone.fit(train);
 * const classifier = pipe(backbone, softmaxFromLayer(backbone.layer!));
 * const probabilities = await classifier.predictProba(test);
 * ```
 */
export function softmaxFromLayer(layer: LinearLayer, options: LinearHeadOptions = {}): SoftmaxHead {
  return makeSoftmax(options, modelFromLayer(layer));
}

/** Loads a saved {@link softmax}. */
export const softmaxLoader: PartLoader<SoftmaxHead> = linearLoader(KIND.kind, makeSoftmax);

function makeSoftmax(options: LinearHeadOptions, model?: LinearModel): SoftmaxHead {
  // Assigned, not spread: a spread would evaluate the getter of `classes` once.
  const head = makeLinearHead(KIND, options, model);
  return Object.assign(head, {
    async predictProba(x: FeatureMatrix, run?: RunOptions) {
      checkOptions('predictProba', run, RUN_OPTIONS);
      return softmaxRows(await head.decisionFunction(x, run));
    },
  });
}
