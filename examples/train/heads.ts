import { join } from 'node:path';
import type { LayersBackbone, Loss } from 'fer-backbones';
import { type Dataset, type Head, type Provenance, pipe, saveClassifier } from 'fer-core';
import { consoleProgress, diskFolder, writeFileAtomic } from 'fer-core/node';
import { type ClassifierEvaluation, compare, evaluateHead } from 'fer-eval';
import { linearL2SVM, linearL2SVMFromLayer, softmax, softmaxFromLayer } from 'fer-heads';
import { percent } from '../shared/format.js';

/** Candidates for the SVM's C, from the strongest regularisation. */
const GRID = [1e-4, 1e-3, 1e-2, 1e-1];

/**
 * Fits a softmax and an L2-SVM on the backbone, in addition to the head it was trained with; evaluates all on
 * PublicTest, writes the comparison to comparison.json, and saves the first head and the best SVM as half-precision
 * classifiers.
 */
export async function fitHeads(
  backbone: LayersBackbone,
  { loss, train, publicTest }: { readonly loss: Loss; readonly train: Dataset; readonly publicTest: Dataset },
  out: string,
  provenance: Provenance,
): Promise<void> {
  const asTrained = loss === 'softmax' ? softmaxFromLayer(backbone.layer!) : linearL2SVMFromLayer(backbone.layer!);
  const float32: Record<string, number> = {};
  for (const views of new Set(['single', backbone.views] as const)) {
    const features = await backbone.withViews(views).transform(publicTest);
    float32[views] = (await evaluateHead(asTrained, features, publicTest)).evaluation.accuracy;
    console.log(`${loss}, as trained, views ${views}, float32: ${percent(float32[views])} of PublicTest`);
  }
  backbone.roundToHalf();
  const features = await backbone.transform(train, { onProgress: consoleProgress('Features') });
  const testFeatures = await backbone.transform(publicTest);

  const candidates: { name: string; C?: number; head: Head }[] = [
    { name: `${loss}, as trained`, head: asTrained },
    { name: 'softmax, refitted, C=0.01', head: softmax({ C: 0.01 }) },
    ...GRID.map((C) => ({ name: `linear L2-SVM, C=${C}`, C, head: linearL2SVM({ C }) })),
  ];
  const measured: (ClassifierEvaluation & (typeof candidates)[number])[] = [];
  for (const [i, candidate] of candidates.entries()) {
    const { seconds, converged } =
      i === 0
        ? { seconds: 0, converged: true }
        : await candidate.head.fit(features, train, { onProgress: consoleProgress(candidate.name) });
    measured.push({ ...candidate, ...(await evaluateHead(candidate.head, testFeatures, publicTest)) });
    const fit = i === 0 ? '' : `, ${seconds.toFixed(1)} s${converged ? '' : ', not converged'}`;
    console.log(`${candidate.name}, float16: ${percent(measured[i].evaluation.accuracy)}${fit}`);
  }
  const comparison = await compare(
    { actual: publicTest.labels, classes: publicTest.classes, predictions: measured },
    { baseline: measured[0].name },
  );
  await writeFileAtomic(join(out, 'comparison.json'), `${JSON.stringify(comparison, null, 1)}\n`);

  // PublicTest chooses C, so the chosen head's accuracy on it is slightly optimistic; the final test uses another
  // split.
  const svm = measured
    .filter(({ C }) => C !== undefined)
    .reduce((best, one) => (one.evaluation.accuracy > best.evaluation.accuracy ? one : best));
  await save(loss === 'softmax' ? 'softmax' : 'end-to-end', measured[0], { float32 });
  await save('l2svm', svm, { C: svm.C });

  async function save(name: string, { head, evaluation }: (typeof measured)[number], more: object) {
    const { accuracy, perClass, calibration } = evaluation;
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
