/**
 * Trains a classifier by its recipe: a backbone, then a softmax and a linear L2-SVM on its features. It may be stopped
 * at any time; the same command resumes it.
 *
 *   npm run train -- --recipe compact-vgg --data fer2013.csv.gz
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { datasetDigest, FerError } from 'fer-core';
import { consoleProgress, diskStore } from 'fer-core/node';
import { loadFer2013 } from 'fer-data/node';
import { loadPretrained } from 'fer-models';
import { useWasm } from 'fer-wasm';
import { explain } from '../shared/explain.js';
import { clock, count } from '../shared/format.js';
import { goOnFrom } from './goOnFrom.js';
import { fitHeads } from './heads.js';
import { readOptions } from './options.js';
import { recipes } from './recipes.js';

const options = readOptions(process.argv.slice(2));
const { seed, out } = options;
const recipe = recipes[options.recipe];
const epochs = options.epochs ?? recipe.training.epochs;

async function main(): Promise<void> {
  const engine = await useWasm({ threads: options.threads });
  const { train, publicTest } = await loadFer2013(options.data, { onProgress: consoleProgress('Loading ') });
  if (!publicTest) {
    throw new FerError('INVALID_DATA', "there are no PublicTest rows, which choose the SVM's C.", {
      file: options.data,
    });
  }

  const from = options.from ?? recipe.from;
  const { backbone, layer } = from ? await goOnFrom(from) : { backbone: recipe.backbone({ seed }), layer: undefined };
  const teacher = recipe.teacher && (await loadPretrained(recipe.teacher));
  const { history } = await backbone.fit(train, {
    ...recipe.training,
    ...(teacher && { distillation: { teacher, temperature: 2, weight: 0.85 } }),
    epochs,
    seed,
    layer,
    validation: publicTest,
    checkpoints: { store: diskStore(join(out, 'checkpoints')) },
    onProgress: consoleProgress('Training', { validation: 'PublicTest' }),
  });
  const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, 0);
  console.log(`Trained ${count(epochs, 'epoch')} in ${clock(seconds)}.`);

  await fitHeads(
    backbone.withViews(recipe.views),
    { loss: recipe.training.loss ?? 'softmax', train, publicTest },
    out,
    {
      dataDigest: await datasetDigest(train),
      seed,
      options: { recipe: options.recipe, epochs, views: recipe.views, ...(from && { from }) },
      notes: {
        command: `npm run train -- --recipe ${options.recipe}${options.from ? ` --from ${options.from}` : ''} --data FILE --epochs ${epochs} --seed ${seed}`,
        machine: { cores: cpus().length, processor: cpus()[0]?.model ?? 'unknown', node: process.version, ...engine },
        trainSeconds: Math.round(seconds),
      },
    },
  );
}

await main().catch(explain);
