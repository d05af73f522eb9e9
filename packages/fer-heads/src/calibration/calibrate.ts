import {
  argmaxRows,
  breathe,
  type Classifier,
  type CompositeLoader,
  checkLabels,
  type FeatureMatrix,
  FerError,
  innerPart,
  type Labels,
  mountFiles,
  type RunOptions,
} from 'fer-core';
import {
  applyCalibration,
  type Calibration,
  type CalibrationMethod,
  calibrationFromJson,
  calibrationToJson,
  fitCalibration,
} from './calibration.js';

/** Options of {@link calibrate}. */
export interface CalibrateOptions extends RunOptions {
  /**
   * How scores become probabilities.
   *
   * - `'temperature'`: softmax(scores / T), one number for all classes (Guo et al. 2017). It keeps every prediction.
   *   Made for logits; scores of an SVM become usable too.
   * - `'sigmoid'`: a sigmoid a class against the rest (Platt 1999), divided by their sum. Made for SVMs.
   * - `'isotonic'`: any rising function a class against the rest, divided by their sum. Wants a thousand rows or more.
   *
   * @default 'temperature'
   */
  readonly method?: CalibrationMethod;
}

/** A classifier whose scores have been made probabilities. */
export interface CalibratedClassifier<In> extends Classifier<In> {
  /** The classifier below, with its raw scores. It is as it was. */
  readonly classifier: Classifier<In>;
  /**
   * Learns the calibration anew, from rows that the classifier below has not learned from; that one stays as it is.
   * `objective` is the mean negative log-likelihood of the temperature, Platt's cross-entropy summed over the classes,
   * or the squared error summed over the classes.
   *
   * @throws FerError `INVALID_DATA` where the labels do not match, a class has no rows, or no temperature fits.
   */
  fit: Classifier<In>['fit'];
  /** The same as `predictProba`: what is compared for `predict`. */
  decisionFunction: Classifier<In>['decisionFunction'];
  /** n × k probabilities, rows summing to 1. */
  predictProba(x: In, options?: RunOptions): Promise<FeatureMatrix>;
}

/**
 * Makes probabilities of any classifier's scores, learned on rows that it has not learned from (its own would have it
 * too sure of itself); as scikit-learn's `CalibratedClassifierCV(cv='prefit')`. Hard labels count; soft ones are not
 * looked at.
 *
 * `predict` is the most probable class. With `'temperature'` that is the class it always was; `'sigmoid'` and
 * `'isotonic'` bend each class's scores apart, so that it can be another for some rows, and `'isotonic'` makes ties,
 * which go to the first class.
 *
 * @param classifier - Fitted. What is returned holds it, saves it and disposes it.
 * @param x - Held-out rows.
 * @param y - Their labels, of the same classes.
 * @throws FerError as `fit` of a {@link CalibratedClassifier}.
 *
 * @example
 * ```ts
 * const calibrated = await calibrate(classifier, publicTest, publicTest, { method: 'sigmoid' });
 * const { data } = await calibrated.predictProba(faces); // n × k, rows sum to 1
 * ```
 */
export async function calibrate<In>(
  classifier: Classifier<In>,
  x: In,
  y: Labels,
  { method = 'temperature', ...run }: CalibrateOptions = {},
): Promise<CalibratedClassifier<In>> {
  if (!['temperature', 'sigmoid', 'isotonic'].includes(method)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `method is ${String(method)}: it must be 'temperature', 'sigmoid' or 'isotonic'.`,
    );
  }
  const calibrated = makeCalibrated(classifier, method);
  await calibrated.fit(x, y, run);
  return calibrated;
}

function makeCalibrated<In>(
  classifier: Classifier<In>,
  method: CalibrationMethod,
  given?: Calibration,
): CalibratedClassifier<In> {
  let calibration = given;
  async function predictProba(x: In, run?: RunOptions): Promise<FeatureMatrix> {
    if (!calibration) throw new FerError('NOT_FITTED', 'the calibration has learned nothing yet: call fit first.');
    return applyCalibration(calibration, await classifier.decisionFunction(x, run));
  }
  return {
    classifier,
    get classes() {
      return classifier.classes;
    },
    async fit(x, y, run) {
      const begun = performance.now();
      const scores = await classifier.decisionFunction(x, run);
      checkHeldOut(classifier.classes, y, scores.rows);
      await breathe(run?.signal);
      const { model, ...result } = fitCalibration(method, scores, y.labels);
      calibration = model;
      return { ...result, seconds: (performance.now() - begun) / 1000 };
    },
    decisionFunction: predictProba,
    predictProba,
    predict: async (x, run) => argmaxRows(await predictProba(x, run)),
    async serialize() {
      if (!calibration) throw new FerError('NOT_FITTED', 'the calibration has learned nothing yet: call fit first.');
      const { kind, config, files } = await classifier.serialize();
      return {
        kind: KIND,
        config: { ...calibrationToJson(calibration), classifier: { kind, config } },
        files: mountFiles('classifier', files),
      };
    },
    dispose: () => classifier.dispose(),
  };
}

const KIND = 'calibrated';

/** Reads back what {@link calibrate} made, of any classifier there is a loader for. */
export const calibratedLoader: CompositeLoader = {
  kind: KIND,
  async compose(part, loadMember) {
    const classifier = await loadMember(innerPart(part, part.config.classifier, 'classifier'));
    const calibration = calibrationFromJson(part.config, classifier.classes.length);
    if (!calibration) throw new FerError('CORRUPT', 'the saved calibration lacks its numbers: save it again.');
    return makeCalibrated(classifier, calibration.method, calibration);
  },
};

function checkHeldOut(classes: readonly string[], y: Labels, rows: number): void {
  checkLabels(y, rows);
  if (y.classes.join('\n') !== classes.join('\n')) {
    throw new FerError(
      'INVALID_DATA',
      `the labels are of [${y.classes.join(', ')}], the classifier knows [${classes.join(', ')}]: they must be the same.`,
    );
  }
  const missing = classes.findIndex((_, c) => !y.labels.includes(c));
  if (missing >= 0) {
    throw new FerError('INVALID_DATA', `class "${classes[missing]}" has no rows: hold out some of every class.`);
  }
}
