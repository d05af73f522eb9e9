/**
 * A head of one's own on a ShallowCNN, without touching any package: `npm run custom-head`.
 */
import { shallowCnn } from 'fer-backbones';
import { pipe } from 'fer-core';
import { stratifiedSplit, syntheticFaces } from 'fer-data';
import { evaluate } from 'fer-eval';
import { linearL2SVM } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { percent, progressBar } from '../shared/progressBar.js';
import { knnHead } from './knnHead.js';

await useWasm();
const [train, test] = stratifiedSplit(syntheticFaces({ n: 1500, seed: 1 }), 0.2, { seed: 1 });
const backbone = shallowCnn({ seed: 1 });
await backbone.fit(train, { epochs: 4, seed: 1, onProgress: progressBar('Training') });

for (const [name, head] of Object.entries({
  'k nearest neighbours': knnHead({ k: 7 }),
  'linear L2-SVM': linearL2SVM(),
})) {
  const classifier = pipe(backbone, head);
  await classifier.fit(train, train);
  const predicted = await classifier.predict(test);
  const { accuracy } = evaluate({ actual: test.labels, predicted, classes: test.classes });
  console.log(`${name}: ${percent(accuracy)}`);
}
