/** The script of the page in pretrained.test.ts: computes the scores of every shipped classifier. */
import { syntheticFaces } from 'fer-data';
import { useWasm } from 'fer-wasm';
import { loadPretrained, pretrainedNames } from '../../src/index.js';

async function run(): Promise<object> {
  await useWasm();
  const faces = syntheticFaces({ n: 50, seed: 'fer-models' });
  const scores: Record<string, number[]> = {};
  for (const name of pretrainedNames) {
    const classifier = await loadPretrained(name);
    scores[name] = Array.from((await classifier.decisionFunction(faces)).data);
    classifier.dispose();
  }
  return scores;
}

run()
  .catch((error) => ({ error: String(error?.stack ?? error) }))
  .then((result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) }));
