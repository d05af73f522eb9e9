import { join } from 'node:path';
import type { LayersBackbone } from 'fer-backbones';
import {
  argmaxRows,
  type Dataset,
  type FeatureMatrix,
  type Head,
  type Provenance,
  pipe,
  saveClassifier,
} from 'fer-core';
import { diskFolder } from 'fer-core/node';
import { compare, type Evaluation, evaluate } from 'fer-eval';
import { linearL2SVM, softmaxFromLayer } from 'fer-heads';
import { percent, progressBar } from '../shared/progressBar.js';

/** What is tried for the SVM, from the strongest regularisation. */
const GRID = [1e-4, 1e-3, 1e-2, 1e-1];

/**
 * Puts the softmax that the backbone was trained with and an L2-SVM on its features, measures both on PublicTest, and
 * saves each as a classifier of half precision.
 */
export async function fitHeads(
  backbone: LayersBackbone,
  { train, publicTest }: { readonly train: Dataset; readonly publicTest: Dataset },
  out: string,
  provenance: Provenance,
): Promise<void> {
  const softmax = softmaxFromLayer(backbone.layer!);
  const single = await measure(softmax, await backbone.withViews('single').transform(publicTest), publicTest);
  backbone.roundToHalf();
  const features = await backbone.transform(train, { onProgress: progressBar('Features') });
  const testFeatures = await backbone.transform(publicTest);
  const asTrained = await measure(softmax, testFeatures, publicTest);
  console.log(`softmax, one view, float32: ${percent(single.evaluation.accuracy)} of PublicTest`);
  console.log(`softmax, ${backbone.views}, float16: ${percent(asTrained.evaluation.accuracy)}`);

  // PublicTest chooses C: what is measured on it of the chosen one is a little too good, the final test is another set.
  let best: { C: number; head: Head; measured: Measured } | undefined;
  for (const C of GRID) {
    const head = linearL2SVM({ C });
    const { seconds, converged } = await head.fit(features, train);
    const measured = await measure(head, testFeatures, publicTest);
    console.log(
      `linear L2-SVM, C=${C}: ${percent(measured.evaluation.accuracy)}, ${seconds.toFixed(1)} s${converged ? '' : ', not converged'}`,
    );
    if (!best || measured.evaluation.accuracy > best.measured.evaluation.accuracy) best = { C, head, measured };
  }
  const { C, head: svm, measured } = best!;
  const comparison = await compare({
    ...{ actual: publicTest.labels, classes: publicTest.classes },
    predictions: [
      { name: 'softmax', predicted: asTrained.predicted },
      { name: `l2svm, C=${C}`, predicted: measured.predicted },
    ],
  });
  console.log(JSON.stringify(comparison.classifiers));
  const float32 = { singleView: { accuracy: single.evaluation.accuracy } };
  await save('softmax', softmax, asTrained.evaluation, { float32 });
  await save('l2svm', svm, measured.evaluation, { C });

  async function save(name: string, head: Head, { accuracy, perClass, calibration }: Evaluation, more: object) {
    const recall = Object.fromEntries(publicTest.classes.map((c, i) => [c, perClass[i].recall]));
    await saveClassifier(pipe(backbone, head), diskFolder(join(out, 'classifiers', name)), {
      ...provenance,
      metrics: {
        publicTest: { n: publicTest.n, accuracy, recall, calibration: calibration?.expectedError ?? null },
        ...more,
      },
    });
  }
}

interface Measured {
  readonly evaluation: Evaluation;
  readonly predicted: Uint8Array;
}

async function measure(head: Head, features: FeatureMatrix, { labels, classes }: Dataset): Promise<Measured> {
  const scores = await head.decisionFunction(features);
  const probabilities = await head.predictProba?.(features);
  const predicted = argmaxRows(scores);
  return { evaluation: evaluate({ actual: labels, predicted, classes, scores, probabilities }), predicted };
}
