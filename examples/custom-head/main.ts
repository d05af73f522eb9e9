/**
 * A custom head on a ShallowCNN, without changes to any package: `npm run custom-head`.
 */
import { shallowCnn } from 'fer-backbones';
import { pipe } from 'fer-core';
import { consoleProgress } from 'fer-core/node';
import { stratifiedSplit, syntheticFaces } from 'fer-data';
import { evaluateClassifier } from 'fer-eval';
import { linearL2SVM } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { number, readCommandLine } from '../shared/commandLine.js';
import { percent } from '../shared/format.js';
import { knnHead } from './knnHead.js';

const { k } = readCommandLine(
  {
    command: 'npm run custom-head --',
    about: 'Compares a head made from ml-knn with a linear L2-SVM, on synthetic faces.',
    options: { k: number('N', 'Number of neighbours.', 7, { from: 1 }) },
  },
  process.argv.slice(2),
);

await useWasm();
const [train, test] = stratifiedSplit(syntheticFaces({ n: 1500, seed: 1 }), 0.2, { seed: 1 });
const backbone = shallowCnn({ seed: 1 });
await backbone.fit(train, { epochs: 4, seed: 1, onProgress: consoleProgress('Training') });

for (const [name, head] of Object.entries({
  'k nearest neighbours': knnHead({ k }),
  'linear L2-SVM': linearL2SVM(),
})) {
  const classifier = pipe(backbone, head);
  await classifier.fit(train, train);
  const { evaluation } = await evaluateClassifier(classifier, test);
  console.log(`${name}: ${percent(evaluation.accuracy)}`);
}
