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
import { makeHead } from '../rows/makeHead.js';
import type { Folds } from '../selection/folds.js';
import { outOfFold } from '../selection/outOfFold.js';
import { type CalibratedClassifier, defaultMethod, learnCalibration, makeCalibrated, scoresFor } from './calibrate.js';
import { type CalibrationMethod, checkMethod } from './calibration.js';

/** Options of {@link calibrateCV}. */
export interface CalibrateCVOptions extends RunOptions {
  /** How scores become probabilities; as in `calibrate`, with the same default. */
  readonly method?: CalibrationMethod | undefined;
  /**
   * How many folds, chosen by `seed` so that classes keep their proportions, or the rows (from 0) that each fold holds
   * out: each row exactly once over all folds.
   *
   * @default 5
   */
  readonly folds?: Folds | undefined;
  /**
   * Decides the folds where they are a number.
   *
   * @default 0
   */
  readonly seed?: number | string | undefined;
}

/**
 * Fits a head on all rows, and calibrates it without any held-out ones: each row's score is that of a head fitted on the
 * other folds, and one calibration is learned from all of these scores. As scikit-learn's
 * `CalibratedClassifierCV(ensemble=False)`. It takes folds + 1 fits.
 *
 * The features themselves must not have been fitted to these rows: what a backbone gives for its own training images is
 * more certain than for new ones, and no cross-validation of the head sees that. Use `calibrate` on other images then.
 *
 * @param head - Makes an unfitted head.
 * @param x - All rows.
 * @param y - Their labels.
 * @returns A calibrated head, to be used as it is or on top of a backbone.
 * @throws FerError `INVALID_ARGUMENT` where the folds or the method are none that the rows allow; else as `fit` of the
 *   head and of a {@link CalibratedClassifier}.
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
  const final = makeHead(head);
  try {
    const method = options.method ?? defaultMethod(final);
    checkMethod(method);
    const run = { onProgress, signal };
    const k = y.classes.length;
    const data = new Float32Array(x.rows * k);
    const times = new Uint8Array(x.rows);
    const ask = (fitted: Head, rows: FeatureMatrix) => scoresFor(fitted, method, rows, { signal });
    for await (const { held, scores } of outOfFold(head, x, y, { folds, seed }, ask, run)) {
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
