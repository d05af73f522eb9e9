/**
 * Fine-tunes VGG16 in two stages, as the original does: first a new top, then from block5_conv1 on.
 *
 *   npm run fine-tune-vgg16 -- --data fer2013.csv.gz --weights imagenet
 */
import { parseArgs } from 'node:util';
import { fineTune, summary } from 'fer-backbones';
import { vgg16 } from 'fer-backbones/node';
import { pipe, saveClassifier } from 'fer-core';
import { diskFolder } from 'fer-core/node';
import { randomFlip, stratifiedSubset } from 'fer-data';
import { loadFer2013 } from 'fer-data/node';
import { linearL2SVM } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { percent, progressBar } from '../shared/progressBar.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '' },
    weights: { type: 'string' },
    limit: { type: 'string' },
    epochs: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'out/fine-tune-vgg16' },
  },
});
if (values.data === '') {
  console.error(`Usage: npm run fine-tune-vgg16 -- --data FILE.csv[.gz] [--weights imagenet|FILE.h5] [--limit N]
                              [--epochs N] [--seed N] [--out DIR]`);
  process.exit(2);
}
const [seed, epochs] = [Number(values.seed), Number(values.epochs)];

await useWasm();
const { train: all, publicTest: validation } = await loadFer2013(values.data, { onProgress: progressBar('Loading ') });
const train = values.limit ? stratifiedSubset(all, Number(values.limit), { seed }) : all;
const backbone = await vgg16({ weights: values.weights, seed, onProgress: progressBar('Weights ') });

// Four augmented passes through the frozen layers, half a number's room each: later epochs cost only what trains.
const cacheFrozen = { type: 'float16', passes: 4 } as const;
const shared = { epochs, seed, validation, augmentation: randomFlip(), cacheFrozen };
await fineTune(backbone, train, [
  { ...shared, freeze: { until: 'flatten' }, learningRate: 1e-4, onProgress: progressBar('Stage 1 ') },
  { ...shared, freeze: { until: 'block5_conv1' }, learningRate: 1e-5, onProgress: progressBar('Stage 2 ') },
]);
console.log(summary(backbone));

const classifier = pipe(backbone, linearL2SVM({ C: 1e-3 }));
await classifier.fit(train, train);
if (validation) {
  const predicted = await classifier.predict(validation);
  const correct = predicted.filter((label, i) => label === validation.labels[i]).length;
  console.log(`linear L2-SVM: ${percent(correct / validation.n)} of PublicTest`);
}
await saveClassifier(classifier, diskFolder(values.out), { seed, options: { epochs } });
