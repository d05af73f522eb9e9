import {
  argmaxRows,
  type Dataset,
  datasetDigest,
  type FeatureExtractor,
  type FeatureMatrix,
  type Images,
  type Labels,
  type PipedClassifier,
  type Provenance,
  pipe,
} from 'fer-core';
import { crossValidate, type SoftmaxHead, softmax } from 'fer-heads';

/** Larger than for thousands of faces, so that the loss of a few faces outweighs ½‖W‖². */
const C = 1;

/** Up to this number of faces, each is left out in turn; above it, a tenth of them at a time. */
const LEAVE_ONE_OUT = 120;

/** Classes may have very different numbers of pictures, so each class gets the same total weight. */
const newHead = (): SoftmaxHead => softmax({ C, classWeight: 'balanced' });

/** A classifier of the user's own classes, on the features of a shipped backbone. */
export class OwnClassifier {
  readonly classifier: PipedClassifier;
  readonly seconds: number;
  readonly #features: FeatureMatrix;
  readonly #faces: Dataset;
  readonly #converged: boolean;

  private constructor(
    backbone: FeatureExtractor<Images>,
    learned: {
      readonly head: SoftmaxHead;
      readonly features: FeatureMatrix;
      readonly faces: Dataset;
      readonly seconds: number;
      readonly converged: boolean;
    },
  ) {
    this.classifier = pipe(backbone, learned.head);
    this.#features = learned.features;
    this.#faces = learned.faces;
    this.#converged = learned.converged;
    this.seconds = learned.seconds;
  }

  /** Fits a head on faces whose features have been computed. */
  static async fit(
    backbone: FeatureExtractor<Images>,
    features: FeatureMatrix,
    faces: Dataset,
  ): Promise<OwnClassifier> {
    const head = newHead();
    const { converged, seconds } = await head.fit(features, faces);
    return new OwnClassifier(backbone, { head, features, faces, seconds, converged });
  }

  /** The same classifier with other class names. */
  async rename(classes: readonly string[]): Promise<OwnClassifier> {
    const faces: Dataset = { ...this.#faces, classes };
    return OwnClassifier.fit(this.classifier.backbone, this.#features, faces);
  }

  /** Provenance, saved beside the weights. */
  async provenance(): Promise<Provenance> {
    return {
      dataDigest: await datasetDigest(this.#faces),
      options: { C, classWeight: 'balanced' },
      notes: { faces: this.#faces.n, seconds: this.seconds, converged: this.#converged },
    };
  }
}

/** The result of {@link leaveOut}. */
export interface LeftOut {
  /** Fraction of the faces that are classified correctly. */
  readonly accuracy: number;
  /** How many faces are left out at a time: one, or a tenth of them. */
  readonly each: 'face' | 'tenth';
  /** The class index that is predicted for each face by the classifier fitted without it. */
  readonly predicted: Uint8Array;
}

/** Measures the accuracy by cross-validation; undefined if a class would have no face left. */
export async function leaveOut(features: FeatureMatrix, y: Labels): Promise<LeftOut | undefined> {
  const counts = y.classes.map((_, k) => y.labels.filter((label) => label === k).length);
  if (Math.min(...counts) < 2) return undefined;
  const n = y.labels.length;
  const one = n <= LEAVE_ONE_OUT || Math.min(...counts) < 10;
  const folds = one ? Array.from({ length: n }, (_, i) => [i]) : 10;
  const { decision } = await crossValidate(newHead, features, y, { folds });
  const predicted = argmaxRows(decision);
  const right = predicted.filter((label, i) => label === y.labels[i]).length;
  return { accuracy: right / n, each: one ? 'face' : 'tenth', predicted };
}
