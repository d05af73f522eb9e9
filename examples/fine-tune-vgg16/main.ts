/**
 * Fine-tunes VGG16 in two stages, like the original: first a new top, then everything from block5_conv1 on.
 *
 *   npm run fine-tune-vgg16 -- --data fer2013.csv.gz --weights imagenet
 */
import { fineTune, summary } from 'fer-backbones';
import { vgg16 } from 'fer-backbones/node';
import { pipe, saveClassifier } from 'fer-core';
import { consoleProgress, diskFolder } from 'fer-core/node';
import { randomFlip, stratifiedSubset } from 'fer-data';
import { loadFer2013 } from 'fer-data/node';
import { evaluateClassifier } from 'fer-eval';
import { linearL2SVM } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { number, path, readCommandLine, required, text } from '../shared/commandLine.js';
import { explain } from '../shared/explain.js';
import { percent } from '../shared/format.js';

const { data, weights, limit, epochs, seed, out } = readCommandLine(
  {
    command: 'npm run fine-tune-vgg16 --',
    about: 'Fine-tunes VGG16 on FER2013 in two stages: first a new top, then from block5_conv1 on.',
    options: {
      data: required(path('FILE.csv[.gz]', 'FER2013.', { of: 'file' })),
      weights: text('imagenet|FILE.h5', 'Initial weights. Default: random.', undefined),
      limit: number('N', 'Train only on this many faces.', undefined, { from: 1 }),
      epochs: number('N', 'Epochs of each stage.', 10, { from: 1 }),
      seed: number('N', 'Seed of all random numbers.', 1, { from: 0 }),
      out: text('DIR', 'Folder for the classifier.', 'out/fine-tune-vgg16'),
    },
  },
  process.argv.slice(2),
);

async function main(): Promise<void> {
  await useWasm();
  const { train: all, publicTest: validation } = await loadFer2013(data, { onProgress: consoleProgress('Loading ') });
  const train = limit ? stratifiedSubset(all, limit, { seed }) : all;
  const backbone = await vgg16({ weights, seed, onProgress: consoleProgress('Weights ') });

  // Caches four augmented passes through the frozen layers in half precision, so that later epochs only run the other
  // layers.
  const cacheFrozen = { type: 'float16', passes: 4 } as const;
  const shared = { epochs, seed, validation, augmentation: randomFlip(), cacheFrozen };
  await fineTune(backbone, train, [
    { ...shared, freeze: { until: 'flatten' }, learningRate: 1e-4, onProgress: consoleProgress('Stage 1 ') },
    { ...shared, freeze: { until: 'block5_conv1' }, learningRate: 1e-5, onProgress: consoleProgress('Stage 2 ') },
  ]);
  console.log(summary(backbone));

  const classifier = pipe(backbone, linearL2SVM({ C: 1e-3 }));
  await classifier.fit(train, train);
  if (validation) {
    const { evaluation } = await evaluateClassifier(classifier, validation);
    console.log(`linear L2-SVM: ${percent(evaluation.accuracy)} of PublicTest`);
  }
  await saveClassifier(classifier, diskFolder(out), { seed, options: { epochs } });
}

await main().catch(explain);
