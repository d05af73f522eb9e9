import { join } from 'node:path';
import { cosine, shallowCnn } from 'fer-backbones';
import { datasetDigest, type Head, pipe, saveClassifier } from 'fer-core';
import { consoleProgress, diskFolder } from 'fer-core/node';
import { randomFlip } from 'fer-data';
import { linearL2SVM, softmax, softmaxFromLayer } from 'fer-heads';
import { loadSplits } from './data.js';
import { judgeOf, type MeasuredHead } from './judge.js';
import type { Options } from './options.js';
import type { Compared } from './report.js';

/** Trains a ShallowCNN, fits heads on its features, and evaluates and saves each of them with it. */
export async function trainHeads(options: Options): Promise<Compared> {
  const { title, train, tests } = await loadSplits(options, consoleProgress('Loading '));
  const backbone = shallowCnn({ seed: options.seed });
  const training = await backbone.fit(train, {
    epochs: options.epochs,
    learningRate: options.learningRate,
    schedule: cosine(),
    augmentation: randomFlip(),
    validation: tests[0].dataset,
    seed: options.seed,
    onProgress: consoleProgress('Training', { validation: tests[0].name }),
  });
  const provenance = { seed: options.seed, options: { ...options }, notes: { trainSeconds: training.seconds } };
  const trained = softmaxFromLayer(backbone.layer!);
  const save = (folder: string, head: Head, metrics?: MeasuredHead['accuracy']) =>
    saveClassifier(pipe(backbone, head), diskFolder(join(options.out, folder)), {
      ...provenance,
      ...(metrics && { metrics }),
    });
  await save('softmax', trained);

  const features = await backbone.transform(train, { onProgress: consoleProgress('Features') });
  const judge = await judgeOf(backbone, tests, options);
  const candidates = [
    { name: 'softmax', head: trained, folder: 'softmax' },
    { name: 'softmax, refit', head: softmax(), folder: 'softmax-refit' },
    ...options.C.map((C) => ({
      name: `linear L2-SVM, C=${C}`,
      head: linearL2SVM({ C }),
      folder: `linear-l2-svm-C${C}`,
    })),
  ];
  const heads: MeasuredHead[] = [];
  for (const { name, head, folder } of candidates) {
    const fit = head === trained ? undefined : await head.fit(features, train, { onProgress: consoleProgress(name) });
    const measured = await judge.measure({ name, head, fit, folder });
    heads.push(measured);
    await save(folder, head, measured.accuracy);
  }
  return {
    title: `${title}: heads on a ShallowCNN`,
    train,
    tests,
    training,
    heads,
    featureMap: judge.featureMap,
    dataDigest: await datasetDigest(train),
  };
}
