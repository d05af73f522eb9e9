import type { LinearLayer, PartLoader } from 'fer-core';
import { oneVsRestTargets } from '../rows/targets.js';
import { type LinearHead, type LinearKind, linearLoader, makeLinearHead } from './linearHead.js';
import { modelFromLayer } from './linearModel.js';
import type { LinearHeadOptions } from './options.js';
import { squaredHinge } from './squaredHinge.js';

const KIND: LinearKind = {
  kind: 'linear-l2-svm',
  defaultBias: 'regularised',
  objective(y, n, weighting) {
    return squaredHinge(oneVsRestTargets(y, n, weighting), n);
  },
};

/**
 * A linear support vector machine with squared hinge loss, one class against the rest. All classes are solved in the
 * same passes over the features (Tang, Deep Learning using Linear Support Vector Machines, 2013; scikit-learn's
 * `LinearSVC(dual=False)`):
 *
 *   min ½‖w‖² + C Σᵢ cᵢ max(0, 1 − yᵢ(w·xᵢ + b))²   for each class, yᵢ = 1 on its rows and −1 on the others.
 *
 * The `classWeight` of a class applies to its own rows in its own problem. With two classes, which share one problem,
 * each weight applies to the rows of its class.
 *
 * @throws FerError `INVALID_ARGUMENT` if an option is out of range.
 *
 * @example
 * ```ts
 * const head = linearL2SVM({ C: 1e-3 });
 * const { converged } = await head.fit(features, train);
 * const predicted = await head.predict(testFeatures);
 * ```
 */
export function linearL2SVM(options: LinearHeadOptions = {}): LinearHead {
  return makeLinearHead(KIND, options);
}

/**
 * Makes a fitted head from a dense layer, such as end-to-end training with the squared hinge loss returns.
 *
 * @param options - Options for a later `fit`.
 * @throws FerError `INVALID_DATA` if the layer breaks its contract.
 *
 * @example
 * ```ts
 * await backbone.fit(train, { loss: 'squaredHinge' });
 * const classifier = pipe(backbone, linearL2SVMFromLayer(backbone.layer!));
 * ```
 */
export function linearL2SVMFromLayer(layer: LinearLayer, options: LinearHeadOptions = {}): LinearHead {
  return makeLinearHead(KIND, options, modelFromLayer(layer));
}

/** Loads a saved {@link linearL2SVM}. */
export const linearL2SVMLoader: PartLoader<LinearHead> = linearLoader(KIND.kind, (options, model) =>
  makeLinearHead(KIND, options, model),
);
