/**
 * Records the scores of every shipped classifier on 50 synthetic faces, for pretrained.test.ts. Run it when a classifier
 * is replaced: `node --import tsx packages/fer-models/test/record.ts`
 */
import { fileURLToPath } from 'node:url';
import { writeFileAtomic } from 'fer-core/node';
import { syntheticFaces } from 'fer-data';
import { useWasm } from 'fer-wasm';
import { loadPretrained, pretrainedNames } from '../src/index.js';

await useWasm();
const faces = syntheticFaces({ n: 50, seed: 'fer-models' });
const scores: Record<string, number[]> = {};
for (const name of pretrainedNames) {
  const classifier = await loadPretrained(name);
  scores[name] = Array.from((await classifier.decisionFunction(faces)).data, (score) => Number(score.toFixed(6)));
  classifier.dispose();
}
await writeFileAtomic(fileURLToPath(new URL('scores.json', import.meta.url)), `${JSON.stringify(scores, null, 1)}\n`);
process.exit(0);
