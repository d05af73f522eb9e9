/**
 * Evaluates a saved or shipped classifier on labelled faces.
 *
 *   npm run evaluate -- --model out/compare-heads/softmax --data fer2013.csv.gz
 *   npm run evaluate -- --model compact-vgg/l2svm --data faces/ --json
 *
 * Several classifiers are averaged into one:
 *
 *   npm run evaluate -- --model compact-vgg/softmax --model shallow-cnn/softmax --data fer2013.csv.gz
 */
import { backbones } from 'fer-backbones';
import { type Classifier, type Images, loadClassifier } from 'fer-core';
import { consoleProgress } from 'fer-core/node';
import { classificationReport, type Evaluation, evaluateClassifier } from 'fer-eval';
import { ensemble, heads } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { explain } from '../shared/explain.js';
import { count, percent } from '../shared/format.js';
import { modelFolder } from '../shared/modelFolder.js';
import { loadLabelled } from './data.js';
import { readOptions } from './options.js';

const { models, data, threads, json } = readOptions(process.argv.slice(2));

async function main(): Promise<void> {
  const folders = await Promise.all(models.map(modelFolder));
  await useWasm({ threads });
  const members: Classifier<Images>[] = [];
  for (const folder of folders) members.push(await loadClassifier(folder, { backbones, heads }));
  const classifier = members.length > 1 ? ensemble(members) : members[0];
  if (members.length > 1) console.log(`The average of ${count(members.length, 'classifier')}: ${models.join(', ')}`);

  const splits: Record<string, Evaluation> = {};
  for (const [name, dataset] of await loadLabelled(data, classifier, consoleProgress('Loading '))) {
    const { evaluation } = await evaluateClassifier(classifier, dataset, { onProgress: consoleProgress(name) });
    splits[name] = evaluation;
    console.log(`\n${name}: ${percent(evaluation.accuracy)} of ${count(dataset.n, 'face')}\n`);
    console.log(classificationReport(evaluation.confusion));
  }
  if (json) {
    const sum = (of: (evaluation: Evaluation) => number) =>
      Object.values(splits).reduce((all, one) => all + of(one), 0);
    const n = sum((one) => one.n);
    const accuracy = sum((one) => one.correct) / n;
    console.log(JSON.stringify({ model: models.join(' + '), data, n, accuracy, splits }));
  }
}

await main().catch(explain);
