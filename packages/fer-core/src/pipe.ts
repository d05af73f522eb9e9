import { checkMethods } from './arguments.js';
import type { Classifier, FeatureExtractor, Head, PipedClassifier, PipedProbabilities } from './classifier.js';
import { checkMatrix, type FeatureMatrix } from './data/features.js';
import { checkImages, type Images } from './data/images.js';
import { checkLabels, resolveLabels } from './data/labels.js';
import { FerError } from './errors.js';
import { checkOptions, RUN_OPTIONS } from './options.js';
import { mountFiles, type SavedPart } from './part.js';
import { bindRunOptions, type RunOptions } from './progress.js';

/**
 * A backbone piped into a head is a classifier over images.
 *
 * `fit` computes the features once and fits the head on them; the backbone stays as it is (train it with its own
 * `fit`).
 *
 * The classifier owns both: `dispose` disposes the backbone and the head, and may be called again. To give two heads the
 * same backbone, dispose the pipes only when neither is used any more, since either one takes the backbone with it.
 *
 * @throws FerError `INVALID_ARGUMENT` if either lacks the methods of its kind.
 *
 * @example
 * ```ts
 * const classifier = pipe(backbone, linearL2SVM({ C: 1e-3 }));
 * await classifier.fit(train);
 * const predicted = await classifier.predict(test);
 * const layer = classifier.head.toLayer(); // the types of both parts are known
 * ```
 */
export function pipe<B extends FeatureExtractor<Images>, H extends Head>(
  backbone: B,
  head: H,
): PipedClassifier<B, H> & PipedProbabilities<H> {
  checkMethods('the backbone', backbone, ['transform'], 'give one such as shallowCnn() returns');
  checkMethods('the head', head, ['fit', 'decisionFunction', 'predict'], 'give one such as linearL2SVM() returns');
  let disposed = false;
  const transform = async (x: Images, options?: RunOptions): Promise<FeatureMatrix> => {
    if (disposed) throw new FerError('INVALID_ARGUMENT', 'this classifier was disposed: make or load another one.');
    const features = await backbone.transform(x, bindRunOptions(options));
    checkMatrix('features', features);
    if (features.rows === x.n) return features;
    const message = `the backbone gave ${features.rows} rows of features for ${x.n} images: it must give one per image.`;
    throw new FerError('INVALID_DATA', message);
  };
  const answer = async <T>(
    call: string,
    x: Images,
    options: RunOptions | undefined,
    of: (features: FeatureMatrix) => Promise<T>,
  ): Promise<T> => {
    checkOptions(call, options, RUN_OPTIONS);
    checkImages(x);
    return of(await transform(x, options));
  };
  const { predictProba } = head;
  const proba = predictProba && {
    predictProba: (x: Images, options?: RunOptions): Promise<FeatureMatrix> =>
      answer('predictProba', x, options, (features) => predictProba.call(head, features, options)),
  };
  const piped: PipedClassifier = {
    backbone,
    head,
    get classes() {
      return head.classes;
    },
    async fit(x, y, options) {
      checkImages(x);
      const labels = resolveLabels(x, y);
      checkLabels(labels, x.n);
      return head.fit(await transform(x, options), labels, options);
    },
    decisionFunction: (x, options) =>
      answer('decisionFunction', x, options, (features) => head.decisionFunction(features, options)),
    predict: (x, options) => answer('predict', x, options, (features) => head.predict(features, options)),
    ...proba,
    serialize: () => serializePipe(backbone, head),
    dispose() {
      if (disposed) return;
      disposed = true;
      try {
        backbone.dispose();
      } finally {
        head.dispose();
      }
    },
  };
  // The parts are held as given, so their own types are correct.
  return piped as PipedClassifier<B, H> & PipedProbabilities<H>;
}

/**
 * Whether a classifier over images is a backbone piped into a head.
 *
 * @example
 * ```ts
 * const loaded = await loadClassifier(diskFolder('svm'), { backbones, heads });
 * if (isPiped(loaded)) console.log(loaded.backbone.outputSize, loaded.head.classes);
 * ```
 */
export function isPiped(classifier: Classifier<Images>): classifier is PipedClassifier {
  return typeof classifier === 'object' && classifier !== null && 'backbone' in classifier && 'head' in classifier;
}

/** The backbone's files stay at the root, so that tfjs users find `model.json` there; the head's go into `head/`. */
async function serializePipe(backbone: FeatureExtractor<Images>, head: Head): Promise<SavedPart> {
  const [below, above] = await Promise.all([backbone.serialize(), head.serialize()]);
  const taken = [...below.files.keys()].find((name) => name.startsWith('head/'));
  if (taken) {
    throw new FerError('INVALID_ARGUMENT', 'the backbone saves into "head/", where the head goes: use another name.', {
      file: taken,
    });
  }
  return {
    kind: 'pipe',
    config: {
      backbone: { kind: below.kind, config: below.config },
      head: { kind: above.kind, config: above.config },
    },
    files: new Map([...below.files, ...mountFiles('head', above.files)]),
  };
}
