/**
 * The main job: train a backbone, put several heads on it, compare them, report.
 *
 *   npm start                                           synthetic faces, a minute or two
 *   npm start -- --data fer2013.csv.gz --epochs 25      FER2013
 */
import { join } from 'node:path';
import { cosine, shallowCnn } from 'fer-backbones';
import { pipe, saveClassifier } from 'fer-core';
import { diskFolder } from 'fer-core/node';
import { randomFlip } from 'fer-data';
import { linearL2SVM, softmax, softmaxFromLayer } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { progressBar } from '../shared/progressBar.js';
import { loadSplits } from './data.js';
import { readOptions } from './options.js';
import { evaluateHead, type FittedHead, report } from './results.js';

const options = readOptions(process.argv.slice(2));
const engine = await useWasm({ threads: options.threads ?? undefined });
const { title, train, tests } = await loadSplits(options, progressBar('Loading '));

const backbone = shallowCnn({ seed: options.seed });
const training = await backbone.fit(train, {
  epochs: options.epochs,
  learningRate: options.learningRate,
  schedule: cosine(),
  augmentation: randomFlip(),
  validation: tests[0].dataset,
  seed: options.seed,
  onProgress: progressBar('Training'),
});
const provenance = { seed: options.seed, options: { ...options }, notes: { trainSeconds: training.seconds } };
const trained = softmaxFromLayer(backbone.layer!);
await saveClassifier(pipe(backbone, trained), diskFolder(join(options.out, 'softmax')), provenance);

const features = await backbone.transform(train, { onProgress: progressBar('Features') });
const testFeatures = await Promise.all(tests.map(({ dataset }) => backbone.transform(dataset)));
const candidates = [
  { name: 'softmax', head: trained, folder: 'softmax' },
  { name: 'softmax, refit', head: softmax(), folder: 'softmax-refit' },
  ...options.C.map((C) => ({ name: `linear L2-SVM, C=${C}`, head: linearL2SVM({ C }), folder: `linear-l2-svm-C${C}` })),
];
const heads: FittedHead[] = [];
for (const { name, head, folder } of candidates) {
  const fit = head === trained ? undefined : await head.fit(features, train);
  const fitted = await evaluateHead({ name, head, fit, folder }, tests, testFeatures);
  heads.push(fitted);
  await saveClassifier(pipe(backbone, head), diskFolder(join(options.out, folder)), {
    ...provenance,
    metrics: fitted.accuracy,
  });
}
await report({ title, options, engine, train, tests, training, heads });
