import {
  argmaxRows,
  bindRunOptions,
  breathe,
  type Classifier,
  type CompositeLoader,
  checkLabels,
  checkOptions,
  type FeatureMatrix,
  FerError,
  type FitResult,
  innerPart,
  isFerError,
  type Labels,
  mountFiles,
  RUN_OPTIONS,
  type RunOptions,
  resolveLabels,
  sameClasses,
  selectFeatures,
  selectLabels,
  stratifiedRows,
} from 'fer-core';
import { checkClassifier } from '../rows/makeHead.js';
import {
  applyCalibration,
  type Calibration,
  type CalibrationMethod,
  calibrationFromJson,
  calibrationToJson,
  checkMethod,
  fitCalibration,
} from './calibration.js';
import { expectedError } from './expectedError.js';

/** Options of {@link calibrate}. */
export interface CalibrateOptions extends RunOptions {
  /**
   * How scores become probabilities.
   *
   * - `'temperature'`: softmax(z / T) with one temperature for all classes (Guo et al. 2017). z is the logarithm of the
   *   classifier's probabilities (for a softmax head equivalent to its logits), or the scores if it has no
   *   probabilities. Predictions don't change. For softmax heads and for ensembles of classifiers with probabilities.
   * - `'vector'`: softmax(scale · z + shift) with a scale and a shift for each class (vector scaling, Guo et al. 2017); z
   *   as for `'temperature'`. For classifiers that are too certain of some classes and too uncertain of others, which
   *   class weights, label smoothing and distillation can cause. It can change predictions.
   * - `'sharedSigmoid'`: one sigmoid of the scores for all classes, normalised over the classes: temperature scaling
   *   with one more parameter. Predictions don't change. For SVMs.
   * - `'sigmoid'`: a sigmoid for each class against the rest (Platt 1999), normalised over the classes. It can change
   *   predictions.
   * - `'isotonic'`: an arbitrary non-decreasing function for each class against the rest, normalised over the classes.
   *   It needs a thousand rows or more, and can change predictions.
   *
   * @default 'temperature' if the classifier has probabilities, else 'sharedSigmoid'
   */
  readonly method?: CalibrationMethod | undefined;
}

/** The result of fitting a calibration. */
export interface CalibrationFitResult extends FitResult {
  /** See {@link CalibratedClassifier.expectedCalibrationError}. */
  readonly expectedCalibrationError: number | undefined;
}

/** A classifier whose scores are calibrated to probabilities. The wrapped classifier keeps its type. */
export interface CalibratedClassifier<In, C extends Classifier<In> = Classifier<In>> extends Classifier<In> {
  /** The wrapped classifier, unchanged, with its raw scores. */
  readonly classifier: C;
  /**
   * The expected calibration error of the predicted class, 0..1, over 15 bins, estimated on rows that neither the
   * classifier nor the calibration was fitted on. For this, the held-out rows are split into five stratified folds
   * (seed 0), and each fold is measured with a calibration of the other four. The calibration that is kept uses all
   * held-out rows. `undefined` if there are too few rows (fewer than ten, or a fold that allows no calibration). The
   * value is saved with the classifier.
   */
  readonly expectedCalibrationError: number | undefined;
  /**
   * Fits the calibration again, on rows that the wrapped classifier was not fitted on. The wrapped classifier doesn't
   * change. `objective` is the mean negative log-likelihood (`'temperature'`, `'sharedSigmoid'`, and `'vector'`, with its
   * penalty), Platt's cross-entropy summed over the classes (`'sigmoid'`), or the squared error summed over the classes
   * (`'isotonic'`).
   *
   * @throws FerError `INVALID_DATA` if the labels do not match, a class has no rows, or the scores are no better than
   *   chance (`'temperature'`, `'vector'`, `'sharedSigmoid'`).
   */
  fit(x: In, y: Labels, options?: RunOptions): Promise<CalibrationFitResult>;
  /** The same as `predictProba`: `predict` returns the argmax of these numbers. */
  decisionFunction: Classifier<In>['decisionFunction'];
  /** n × k probabilities, rows summing to 1. */
  predictProba(x: In, options?: RunOptions): Promise<FeatureMatrix>;
}

/**
 * Turns the scores of any fitted classifier (an SVM, an ensemble, a backbone with a head) into probabilities, as
 * scikit-learn's `CalibratedClassifierCV(cv='prefit')` does. The calibration must be learned from rows that the
 * classifier was not fitted on, since on its own training rows a classifier is overconfident. If no rows can be held
 * out, see `calibrateCV`. Only hard labels are used; soft labels are ignored.
 *
 * `predict` returns the most probable class. `'temperature'` and `'sharedSigmoid'` don't change any prediction. The
 * other methods can, and `'isotonic'` produces ties, which go to the first class.
 *
 * @param classifier - A fitted classifier. The result owns it: it saves the classifier with itself, and `dispose` also
 *   disposes the classifier.
 * @param x - Held-out rows.
 * @param y - Their labels, of the same classes.
 * @throws FerError as `fit` of a {@link CalibratedClassifier}; `INVALID_ARGUMENT` for an unknown method.
 *
 * @example
 * ```ts
 * const calibrated = await calibrate(classifier, publicTest, publicTest);
 * const { data } = await calibrated.predictProba(faces); // n × k, rows sum to 1
 * console.log(calibrated.expectedCalibrationError);
 * ```
 */
export async function calibrate<In, C extends Classifier<In> = Classifier<In>>(
  classifier: C & Classifier<In>,
  x: In,
  y: Labels,
  options: CalibrateOptions = {},
): Promise<CalibratedClassifier<In, C>> {
  checkOptions('calibrate', options, ['method', ...RUN_OPTIONS]);
  checkClassifier('the classifier', classifier);
  const { method = defaultMethod(classifier) } = options;
  const { onProgress, signal } = bindRunOptions(options);
  checkMethod(method);
  const calibrated = makeCalibrated(classifier, method);
  await calibrated.fit(x, y, { onProgress, signal });
  return calibrated;
}

/** The default method for a classifier. */
export function defaultMethod(classifier: Pick<Classifier<never>, 'predictProba'>): CalibrationMethod {
  return classifier.predictProba ? 'temperature' : 'sharedSigmoid';
}

/** The parts of a fitted calibration. */
export interface Calibrated {
  readonly calibration: Calibration;
  readonly expectedCalibrationError: number | undefined;
}

/** Makes a calibrated classifier. It is fitted if a calibration is given. */
export function makeCalibrated<In, C extends Classifier<In> = Classifier<In>>(
  classifier: C & Classifier<In>,
  method: CalibrationMethod,
  given?: Calibrated,
): CalibratedClassifier<In, C> {
  let model = given;
  const fitted = (): Calibrated => {
    if (model) return model;
    throw new FerError('NOT_FITTED', 'the calibration has learned nothing yet: call fit first.');
  };
  async function probabilities(call: string, x: In, run?: RunOptions): Promise<FeatureMatrix> {
    checkOptions(call, run, RUN_OPTIONS);
    const { calibration } = fitted();
    return applyCalibration(calibration, await scoresFor(classifier, method, x, run));
  }
  return {
    classifier,
    get classes() {
      return classifier.classes;
    },
    get expectedCalibrationError() {
      return model?.expectedCalibrationError;
    },
    async fit(x, y, run) {
      const begun = performance.now();
      checkOptions('fit of a calibrated classifier', run, RUN_OPTIONS);
      const scores = await scoresFor(classifier, method, x, run);
      const labels = resolveLabels(x, y);
      checkHeldOut(classifier.classes, labels, scores.rows);
      await breathe(run?.signal);
      const { model: found, ...result } = learnCalibration(method, scores, labels);
      model = found;
      const { expectedCalibrationError } = found;
      return { ...result, expectedCalibrationError, seconds: (performance.now() - begun) / 1000 };
    },
    decisionFunction: (x, run) => probabilities('decisionFunction', x, run),
    predictProba: (x, run) => probabilities('predictProba', x, run),
    predict: async (x, run) => argmaxRows(await probabilities('predict', x, run)),
    async serialize() {
      const { calibration, expectedCalibrationError } = fitted();
      const { kind, config, files } = await classifier.serialize();
      return {
        kind: KIND,
        config: {
          ...calibrationToJson(calibration),
          expectedCalibrationError: expectedCalibrationError ?? null,
          classifier: { kind, config },
        },
        files: mountFiles('classifier', files),
      };
    },
    dispose: () => classifier.dispose(),
  };
}

/** Replaces a probability of 0 before its logarithm is taken: half the smallest float32. */
const TINY = 2 ** -150;

/** Returns the input of a method: logarithms of probabilities, or scores, n × k. */
export async function scoresFor<In>(
  classifier: Classifier<In>,
  method: CalibrationMethod,
  x: In,
  run?: RunOptions,
): Promise<FeatureMatrix> {
  const ofProbabilities = method === 'temperature' || method === 'vector';
  if (!(ofProbabilities && classifier.predictProba)) return classifier.decisionFunction(x, run);
  const probabilities = await classifier.predictProba(x, run);
  return { ...probabilities, data: probabilities.data.map((p) => Math.log(Math.max(p, TINY))) };
}

/** The number of folds for the calibration error. */
const FOLDS = 5;

/** Fits a calibration to held-out scores, and estimates its error by cross-validation. */
export function learnCalibration(method: CalibrationMethod, scores: FeatureMatrix, y: Labels) {
  const { model: calibration, ...result } = fitCalibration(method, scores, y.labels);
  return { ...result, model: { calibration, expectedCalibrationError: crossFittedError(method, scores, y) } };
}

function crossFittedError(method: CalibrationMethod, scores: FeatureMatrix, y: Labels): number | undefined {
  if (scores.rows < 2 * FOLDS) return undefined;
  const k = scores.columns;
  const probabilities = new Float32Array(scores.data.length);
  for (const rows of stratifiedRows(y, FOLDS, 0)) {
    const held = new Set(rows);
    const rest = [...y.labels.keys()].filter((row) => !held.has(row));
    try {
      const { model } = fitCalibration(method, selectFeatures(scores, rest), selectLabels(y, rest).labels);
      const { data } = applyCalibration(model, selectFeatures(scores, rows));
      rows.forEach((row, i) => void probabilities.set(data.subarray(i * k, (i + 1) * k), row * k));
    } catch (error) {
      if (isFerError(error, 'INVALID_DATA')) return undefined;
      throw error;
    }
  }
  return expectedError({ ...scores, data: probabilities }, y.labels);
}

const KIND = 'calibrated';

/** Loads a saved {@link calibrate}d classifier around any classifier that has a loader. */
export const calibratedLoader: CompositeLoader = {
  kind: KIND,
  async compose(part, loadMember) {
    const inner = innerPart(part, part.config.classifier, 'classifier');
    const classifier = await loadMember(inner);
    const calibration = calibrationFromJson(part.config, classifier.classes.length);
    if (!calibration) {
      classifier.dispose();
      throw new FerError('CORRUPT', 'the saved calibration lacks its numbers: save it again.');
    }
    const error = part.config.expectedCalibrationError;
    const expectedCalibrationError = typeof error === 'number' ? error : undefined;
    return makeCalibrated(classifier, calibration.method, { calibration, expectedCalibrationError });
  },
};

function checkHeldOut(classes: readonly string[], y: Labels, rows: number): void {
  checkLabels(y, rows);
  if (!sameClasses(y.classes, classes)) {
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
