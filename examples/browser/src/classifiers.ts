import { LayersBackbone } from 'fer-backbones';
import { type Classifier, type Images, type PipedClassifier, type Provenance, pipe } from 'fer-core';
import { loadPretrained, type PretrainedName } from 'fer-models';
import { timed } from './timed.js';

/** A classifier as the page uses it. */
export interface Reader {
  /** The classifier's name, for `data-of`. */
  readonly name: string;
  readonly classifier: PipedClassifier;
  /**
   * The classifier for camera frames, which follow quickly: it looks at each face once instead of averaging with the
   * mirror image.
   */
  readonly live: Classifier<Images>;
}

/**
 * The classifiers in the menu. Each is one network with a head, so that it is fast enough for a camera and Grad-CAM can
 * explain it.
 */
export type ChoiceName = Exclude<PretrainedName, `${string}-ensemble/${string}`>;

/** An entry of the menu. */
export interface Choice {
  readonly name: ChoiceName;
  readonly words: string;
  /** Fraction of FER2013's PublicTest that it classifies correctly, and the number of faces in PublicTest. */
  readonly accuracy: number;
  readonly n: number;
}

/** The manifests of the shipped classifiers, without their weights, which are loaded when a classifier is chosen. */
const PROVENANCES = import.meta.glob<Provenance>('../../../packages/fer-models/models/*/*/classifier.json', {
  eager: true,
  import: 'provenance',
});

const WORDS: readonly (readonly [ChoiceName, string])[] = [
  ['compact-vgg/softmax', 'Most accurate'],
  ['compact-vgg/l2svm', 'Support vector machine'],
  ['tiny-vgg/softmax', 'Small'],
  ['shallow-cnn/l2svm', 'Simple'],
];

/** The choices. The first is the default. */
export const CHOICES: readonly Choice[] = WORDS.map(([name, words]) => {
  const provenance = PROVENANCES[`../../../packages/fer-models/models/${name}/classifier.json`];
  const { accuracy, n } = provenance.metrics!.publicTest as { readonly accuracy: number; readonly n: number };
  return { name, words: `${words} (${percent(accuracy)})`, accuracy, n };
});

/** E.g. 70.5 %. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}\u00a0%`;
}

const loaded = new Map<ChoiceName, Promise<Reader>>();

/** Loads a shipped classifier once; a failed load is tried again. */
export function loadReader(name: ChoiceName): Promise<Reader> {
  let loading = loaded.get(name);
  if (!loading) {
    loading = loadPretrained(name).then((classifier) => makeReader(name, classifier));
    loading.catch(() => loaded.delete(name));
    loaded.set(name, loading);
  }
  return loading;
}

/** Adds to a classifier what the page needs. Classification times appear in a profiler as `classify`. */
export function makeReader(name: string, classifier: PipedClassifier): Reader {
  const { backbone, head } = classifier;
  const once = pipe(backbone instanceof LayersBackbone ? backbone.withViews('single') : backbone, head);
  return { name, classifier: timing(classifier), live: timing(once) };
}

function timing(classifier: PipedClassifier): PipedClassifier {
  const { predictProba } = classifier;
  // Other members, including getters, are inherited.
  return Object.create(classifier, {
    ...(predictProba && {
      predictProba: {
        value: (...args: Parameters<typeof predictProba>) => timed('classify', () => predictProba(...args)),
      },
    }),
  });
}
