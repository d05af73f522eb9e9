/**
 * Tests of the types: `npm run typecheck` fails if a wrong combination compiles, or if a type is not inferred without
 * an annotation. Nothing here runs.
 */
import { type LayersBackbone, shallowCnn, type TrainResult } from 'fer-backbones';
import {
  type Classifier,
  type Dataset,
  type FeatureExtractor,
  type FeatureMatrix,
  type Head,
  type Images,
  type LinearLayer,
  type PipedClassifier,
  pipe,
} from 'fer-core';
import { mergeClasses, stratifiedSplit, syntheticFaces } from 'fer-data';
import { evaluate } from 'fer-eval';
import { type ByClass, expressionTracker, type FaceDetector, type Photo, readExpressions, readFaces } from 'fer-faces';
import { calibrate, ensemble, type LinearFitResult, type LinearHead, linearL2SVM, selectC, softmax } from 'fer-heads';
import { loadPretrained } from 'fer-models';
import { expectTypeOf } from 'vitest';
import { knnHead } from '../custom-head/knnHead.js';

export async function pairings(features: FeatureMatrix, textFeatures: FeatureExtractor<string[]>): Promise<void> {
  const faces = syntheticFaces({ n: 7 });
  const backbone = shallowCnn();
  const head = linearL2SVM();
  const classifier = pipe(backbone, head);

  // @ts-expect-error: a head takes features, not images
  await head.fit(faces, faces);
  // @ts-expect-error: nor does it predict images
  await head.predict(faces);
  // @ts-expect-error: nor is C chosen on images
  await selectC((C) => linearL2SVM({ C }), faces, faces, { folds: 5 });
  // @ts-expect-error: a backbone takes images, not features
  await backbone.transform(features);
  // @ts-expect-error: nor does it train without labels
  await backbone.fit({ images: faces.images, n: 7, height: 48, width: 48, channels: 1 });
  // @ts-expect-error: a classifier of images takes images, not features
  await classifier.predict(features);
  // @ts-expect-error: the backbone comes first
  pipe(head, backbone);
  // @ts-expect-error: a head is no backbone
  pipe(head, softmax());
  // @ts-expect-error: a backbone is no head
  pipe(backbone, shallowCnn());
  // @ts-expect-error: a classifier of images is no head: it would be given features
  pipe(backbone, classifier);
  // @ts-expect-error: nor is it a backbone
  pipe(classifier, head);
  // @ts-expect-error: an extractor of something else is no backbone of images
  pipe(textFeatures, head);
  // @ts-expect-error: scores are no labels
  evaluate({ actual: faces.labels, predicted: await classifier.decisionFunction(faces), classes: faces.classes });
}

export async function inference(features: FeatureMatrix): Promise<void> {
  const [train, test] = stratifiedSplit(syntheticFaces({ n: 70 }), 0.2);
  expectTypeOf(test).toEqualTypeOf<Dataset>();
  expectTypeOf(mergeClasses(train, { all: train.classes })).toEqualTypeOf<Dataset>();

  const backbone = shallowCnn();
  expectTypeOf(backbone).toEqualTypeOf<LayersBackbone>();
  expectTypeOf(await backbone.fit(train)).toEqualTypeOf<TrainResult>();
  expectTypeOf(await backbone.transform(test)).toEqualTypeOf<FeatureMatrix>();

  // The chosen head has the type of the candidates: a LinearHead, with all its members beyond those of a Head.
  const { head } = await selectC((C) => linearL2SVM({ C }), features, train, { folds: 5 });
  expectTypeOf(head).toEqualTypeOf<LinearHead>();

  const classifier = pipe(backbone, head);
  expectTypeOf(classifier).toExtend<PipedClassifier>();
  expectTypeOf(classifier).toExtend<Classifier<Images>>();
  expectTypeOf(await classifier.fit(train, train)).toEqualTypeOf<LinearFitResult>();
  // Both parts keep their types, including the options of the head's fit.
  expectTypeOf(classifier.backbone).toEqualTypeOf<LayersBackbone>();
  expectTypeOf(classifier.backbone.layer).toEqualTypeOf<LinearLayer | undefined>();
  expectTypeOf(classifier.head.toLayer()).toEqualTypeOf<LinearLayer>();
  await classifier.fit(train, undefined, { start: head.toLayer() });
  // @ts-expect-error: the head has no such option
  await classifier.fit(train, undefined, { epochs: 3 });
  // A softmax always has probabilities; for an SVM `predictProba` is optional.
  expectTypeOf(await pipe(backbone, softmax()).predictProba(test)).toEqualTypeOf<FeatureMatrix>();
  // @ts-expect-error: there may be none
  await classifier.predictProba(test);
  expectTypeOf(await classifier.predict(test)).toEqualTypeOf<Uint8Array>();
  expectTypeOf(pipe(backbone, knnHead()).backbone).toEqualTypeOf<LayersBackbone>();

  const plain: PipedClassifier = pipe(backbone, softmax());
  expectTypeOf(plain.head).toEqualTypeOf<Head>();

  // The type depends on the name: a network has both parts, an ensemble its members; calibrated ones have
  // probabilities.
  const pretrained = await loadPretrained('compact-vgg/softmax');
  expectTypeOf(await pretrained.predictProba(test)).toEqualTypeOf<FeatureMatrix>();
  expectTypeOf(pretrained.backbone).toExtend<FeatureExtractor<Images>>();
  const several = await loadPretrained('compact-vgg-ensemble/softmax');
  expectTypeOf(several.members).toEqualTypeOf<readonly Classifier<Images>[]>();
  expectTypeOf(ensemble([pretrained, plain]).members[0].backbone).toExtend<FeatureExtractor<Images>>();
  // @ts-expect-error: members take the same input
  ensemble([pretrained, linearL2SVM()]);
  const calibrated = await calibrate(linearL2SVM(), features, train);
  expectTypeOf(await calibrated.predictProba(features)).toEqualTypeOf<FeatureMatrix>();
  expectTypeOf(calibrated.classifier.toLayer()).toEqualTypeOf<LinearLayer>();
}

export async function readings(detector: FaceDetector, photo: Photo, images: Images): Promise<void> {
  // Shipped classifiers have probabilities, so their readings have them; an uncalibrated SVM's may lack them.
  const classifier = await loadPretrained('tiny-vgg/softmax');
  const [face] = await readExpressions(photo, { detector, classifier });
  expectTypeOf(face.probabilities).toEqualTypeOf<ByClass>();
  const [reading] = await readFaces(classifier, images);
  expectTypeOf(reading.probabilities).toEqualTypeOf<ByClass>();
  const [tracked] = await expressionTracker({ detector, classifier }).update(photo);
  expectTypeOf(tracked.probabilities).toEqualTypeOf<ByClass>();
  const svm: Classifier<Images> = pipe(shallowCnn(), linearL2SVM());
  const [bySvm] = await readFaces(svm, images);
  expectTypeOf(bySvm.probabilities).toEqualTypeOf<ByClass | undefined>();
}
