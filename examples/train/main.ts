/**
 * Trains a shipped classifier's backbone by its recipe. It may be stopped at any moment: the same command goes on.
 *
 *   npm run train -- --recipe compact-vgg --data fer2013.csv.gz
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { diskStore } from 'fer-core/node';
import { loadFer2013 } from 'fer-data/node';
import { useWasm } from 'fer-wasm';
import { progressBar } from '../shared/progressBar.js';
import { recipes } from './recipes.js';

const { values } = parseArgs({
  options: {
    recipe: { type: 'string', default: '' },
    data: { type: 'string', default: '' },
    epochs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    threads: { type: 'string' },
    out: { type: 'string' },
  },
});
const recipe = recipes[values.recipe];
if (!recipe || values.data === '') {
  const names = Object.keys(recipes).join('|');
  console.error(
    `Usage: npm run train -- --recipe ${names} --data FILE [--epochs N] [--seed N] [--threads N] [--out DIR]`,
  );
  process.exit(2);
}
const seed = Number(values.seed);
const out = values.out ?? join('out', 'train', `${values.recipe}-${seed}`);

await useWasm({ threads: values.threads ? Number(values.threads) : undefined });
const { train, publicTest } = await loadFer2013(values.data, { onProgress: progressBar('Loading ') });
const backbone = recipe.backbone({ seed });
await backbone.fit(train, {
  ...recipe.training,
  ...(values.epochs && { epochs: Number(values.epochs) }),
  seed,
  validation: publicTest,
  checkpoints: { store: diskStore(join(out, 'checkpoints')) },
  onProgress: progressBar('Training'),
});
