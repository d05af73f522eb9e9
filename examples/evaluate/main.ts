/**
 * Measures a saved or shipped classifier on labelled faces.
 *
 *   npm run evaluate -- --model out/compare-heads/softmax --data fer2013.csv.gz
 *   npm run evaluate -- --model compact-vgg/l2svm --data faces/ --json
 *
 * Several are averaged, as one classifier:
 *
 *   npm run evaluate -- --model compact-vgg/softmax --model shallow-cnn/softmax --data fer2013.csv.gz
 */
import { parseArgs } from 'node:util';
import { backbones } from 'fer-backbones';
import { argmaxRows, type Classifier, type Images, loadClassifier } from 'fer-core';
import { classificationReport, evaluate } from 'fer-eval';
import { ensemble, heads } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { explain } from '../shared/explain.js';
import { modelFolder } from '../shared/modelFolder.js';
import { percent, progressBar } from '../shared/progressBar.js';
import { loadLabelled } from './data.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', multiple: true, default: [] },
    data: { type: 'string' },
    threads: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
if (values.model.length === 0 || !values.data) {
  console.error(
    'Usage: npm run evaluate -- --model NAME|DIR [--model …] --data FILE.csv[.gz]|FOLDER [--threads N] [--json]',
  );
  process.exit(2);
}

await useWasm({ threads: values.threads ? Number(values.threads) : undefined });
const members: Classifier<Images>[] = [];
for (const model of values.model) {
  members.push(await loadClassifier(await modelFolder(model).catch(explain), { backbones, heads }));
}
const classifier = members.length > 1 ? ensemble(members) : members[0];
const splits = await loadLabelled(values.data, classifier, progressBar('Loading '));

const figures: Record<string, object> = {};
const sums = { correct: 0, n: 0 };
for (const [name, dataset] of splits) {
  const scores = await classifier.decisionFunction(dataset, { onProgress: progressBar(name) });
  const probabilities = await classifier.predictProba?.(dataset);
  const predicted = argmaxRows(scores);
  const evaluation = evaluate({ actual: dataset.labels, predicted, classes: dataset.classes, scores, probabilities });
  figures[name] = evaluation;
  sums.correct += evaluation.accuracy * dataset.n;
  sums.n += dataset.n;
  console.log(`\n${name}: ${percent(evaluation.accuracy)} of ${dataset.n} faces\n`);
  console.log(classificationReport(evaluation.confusion));
}
if (values.json) {
  const accuracy = sums.correct / sums.n;
  console.log(
    JSON.stringify({ model: values.model.join(' + '), data: values.data, n: sums.n, accuracy, splits: figures }),
  );
}
