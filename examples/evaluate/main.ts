/**
 * Measures a saved classifier on labelled faces.
 *
 *   npm run evaluate -- --model out/compare-heads/softmax --data fer2013.csv.gz
 *   npm run evaluate -- --model out/compare-heads/softmax --data faces/ --json
 */
import { parseArgs } from 'node:util';
import { backbones } from 'fer-backbones';
import { argmaxRows, loadClassifier } from 'fer-core';
import { diskFolder } from 'fer-core/node';
import { classificationReport, evaluate } from 'fer-eval';
import { heads } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { percent, progressBar } from '../shared/progressBar.js';
import { loadLabelled } from './data.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    data: { type: 'string' },
    threads: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
if (!values.model || !values.data) {
  console.error('Usage: npm run evaluate -- --model DIR --data FILE.csv[.gz]|FOLDER [--threads N] [--json]');
  process.exit(2);
}

await useWasm({ threads: values.threads ? Number(values.threads) : undefined });
const classifier = await loadClassifier(diskFolder(values.model), { backbones, heads });
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
  console.log(JSON.stringify({ model: values.model, data: values.data, n: sums.n, accuracy, splits: figures }));
}
