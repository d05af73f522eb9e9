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

/** Larger than on thousands of faces: the few there are must outweigh ½‖W‖². */
const C = 1;

/** Up to so many faces each is left out once; of more, every tenth part. */
const LEAVE_ONE_OUT = 120;

/** A class may have one picture and another one thirty: each class counts the same. */
const newHead = (): SoftmaxHead => softmax({ C, classWeight: 'balanced' });

/** A classifier of one's own classes, on the features of a shipped backbone. */
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

  /** Learns from faces whose features are known. */
  static async fit(
    backbone: FeatureExtractor<Images>,
    features: FeatureMatrix,
    faces: Dataset,
  ): Promise<OwnClassifier> {
    const head = newHead();
    const { converged, seconds } = await head.fit(features, faces);
    return new OwnClassifier(backbone, { head, features, faces, seconds, converged });
  }

  /** The same with other names for its classes. */
  async rename(classes: readonly string[]): Promise<OwnClassifier> {
    const faces: Dataset = { ...this.#faces, classes };
    return OwnClassifier.fit(this.classifier.backbone, this.#features, faces);
  }

  /** What is saved beside the weights. */
  async provenance(): Promise<Provenance> {
    return {
      dataDigest: await datasetDigest(this.#faces),
      options: { C, classWeight: 'balanced' },
      notes: { faces: this.#faces.n, seconds: this.seconds, converged: this.#converged },
    };
  }
}

/** How well classes are told apart that were not learned from. */
export interface LeftOut {
  /** The share of the faces that is told right. */
  readonly accuracy: number;
  /** How many faces at a time are left out: 1, or a tenth of them. */
  readonly each: 'face' | 'tenth';
  /** What each face is taken for by the classifier that was fitted without it: the index of a class. */
  readonly predicted: Uint8Array;
}

/** Measures by leaving out; undefined where a class would be left without a face. */
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
