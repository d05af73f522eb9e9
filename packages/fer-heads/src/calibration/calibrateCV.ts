import {
  bindRunOptions,
  checkFeatures,
  checkLabels,
  checkOptions,
  type FeatureMatrix,
  FerError,
  type Head,
  type Labels,
  RUN_OPTIONS,
  type RunOptions,
} from 'fer-core';
import { headMaker } from '../rows/makeHead.js';
import type { Folds } from '../selection/folds.js';
import { outOfFold } from '../selection/outOfFold.js';
import { type CalibratedClassifier, defaultMethod, learnCalibration, makeCalibrated, scoresFor } from './calibrate.js';
import { type CalibrationMethod, checkMethod } from './calibration.js';

/** Options of {@link calibrateCV}. */
export interface CalibrateCVOptions extends RunOptions {
  /** How scores become probabilities. See `calibrate`; the default is the same. */
  readonly method?: CalibrationMethod | undefined;
  /**
   * The number of folds, which `seed` draws with the same class proportions in each, or the rows (from 0) that each
   * fold holds out. The folds must hold out each row exactly once.
   *
   * @default 5
   */
  readonly folds?: Folds | undefined;
  /**
   * Seed for drawing the folds if `folds` is a number.
   *
   * @default 0
   */
  readonly seed?: number | string | undefined;
}

/**
 * Fits a head on all rows and calibrates it without a separate held-out set, as scikit-learn's
 * `CalibratedClassifierCV(ensemble=False)` does. Each row is scored by a head that was fitted on the other folds, and
 * one calibration is learned from all of these scores. This takes folds + 1 fits.
 *
 * The features themselves must not come from a network that was trained on these rows. A backbone is more certain on
 * its own training images than on new ones, and cross-validating the head can't detect that. In that case use
 * `calibrate` with other images.
 *
 * @param head - Makes an unfitted head.
 * @param x - All rows.
 * @param y - Their labels.
 * @returns A calibrated head, to be used by itself or on top of a backbone.
 * @throws FerError `INVALID_ARGUMENT` if the folds or the method don't suit the rows; otherwise as `fit` of the head
 *   and of a {@link CalibratedClassifier}.
 *
 * @example
 * ```ts
 * const head = await calibrateCV(() => linearL2SVM({ C: 0.01 }), features, train, { folds: 5 });
 * const { data } = await head.predictProba(testFeatures); // n × k, rows sum to 1
 * ```
 */
export async function calibrateCV(
  head: () => Head,
  x: FeatureMatrix,
  y: Labels,
  options: CalibrateCVOptions = {},
): Promise<CalibratedClassifier<FeatureMatrix>> {
  checkOptions('calibrateCV', options, ['method', 'folds', 'seed', ...RUN_OPTIONS]);
  const { folds = 5, seed = 0 } = options;
  const { onProgress, signal } = bindRunOptions(options);
  checkFeatures(x);
  checkLabels(y, x.rows);
  const make = headMaker(head);
  const final = make();
  try {
    const { method = defaultMethod(final) } = options;
    checkMethod(method);
    const run = { onProgress, signal };
    const k = y.classes.length;
    const data = new Float32Array(x.rows * k);
    const times = new Uint8Array(x.rows);
    const ask = (fitted: Head, rows: FeatureMatrix) => scoresFor(fitted, method, rows, { signal });
    for await (const { held, scores } of outOfFold(make, x, y, { folds, seed }, ask, run)) {
      for (let i = 0; i < held.length; i++) {
        data.set(scores.data.subarray(i * k, (i + 1) * k), held[i] * k);
        times[held[i]]++;
      }
    }
    const wrong = times.findIndex((count) => count !== 1);
    if (wrong >= 0) {
      throw new FerError('INVALID_ARGUMENT', `folds hold row ${wrong} out ${times[wrong]} times: each must be, once.`);
    }
    const { model } = learnCalibration(method, { data, rows: x.rows, columns: k }, y);
    await final.fit(x, y, run);
    return makeCalibrated(final, method, model);
  } catch (error) {
    final.dispose();
    throw error;
  }
}
