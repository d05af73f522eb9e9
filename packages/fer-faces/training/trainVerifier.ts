/**
 * Trains the verifier, the small network that tells faces from other things where YuNet is unsure, and writes
 * data/verifier.js:
 *
 *   npx tsx packages/fer-faces/training/trainVerifier.ts fer2013.csv PICTURES [--seed 1] [--epochs 4] [--threads 1]
 *
 * PICTURES is the folder that training/pictures.txt is relative to. See training/README.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';
import { cosine, LayersBackbone, sgd } from 'fer-backbones';
import { type Dataset, type Images, type LinearLayer, pipe, Random, toFloat16 } from 'fer-core';
import { augment } from 'fer-data';
import { loadFer2013 } from 'fer-data/node';
import { softmaxFromLayer } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import sharp from 'sharp';
import yunetBase64 from '../data/yunet.js';
import type { Photo } from '../src/photo.js';
import { SIDE, WIDTHS } from '../src/verifier/network.js';
import { decodeWeights, disposeWeights } from '../src/yunet/weights.js';
import { candidateWindows, faceWindows, partWindows, pictureWindows, type Windows } from './windows.js';

/** Rounds of training. Each round but the first adds the windows that the network so far takes for faces. */
const ROUNDS = 3;

/** Random windows of each picture: those to begin with, and those that are searched for mistakes after each round. */
const [AT_FIRST, SEARCHED] = [40, 400];

/** Windows of each candidate that YuNet finds in a picture. */
const EACH = 4;

/** The most mistakes of one picture that a round adds, and the logit from which a window is one. */
const [MOST_MISTAKES, MISTAKE] = [40, -2];

/** Longer side of the pictures without faces, in pixels. */
const LONGEST = 800;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      epochs: { type: 'string', default: '4' },
      threads: { type: 'string', default: '1' },
    },
  });
  const [csv, folder] = positionals;
  const [seed, epochs] = [Number(values.seed), Number(values.epochs)];
  await useWasm({ threads: Number(values.threads) });
  const random = new Random(seed);
  const { train } = await loadFer2013(csv);
  // Every tenth face and picture is kept for the printed figures.
  const heldOut = (i: number): boolean => i % 10 === 0;
  const all = Array.from({ length: train.n }, (_, i) => i);
  const [fitting, testing] = [all.filter((i) => !heldOut(i)), all.filter(heldOut)];
  const faces = faceWindows(train, fitting, random);
  const parts = partWindows(
    train,
    fitting.filter((i) => i % 3 === 1),
    random,
  );
  const testFaces = faceWindows(train, testing, random);
  const files = readFileSync(new URL('pictures.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  const yunet = decodeWeights(yunetBase64);
  let others = parts;
  let testOthers: Windows = [];
  for (const [i, file] of files.entries()) {
    const photo = await load(join(folder, file));
    const candidates = await candidateWindows(yunet, photo, EACH, random);
    if (heldOut(i)) testOthers = testOthers.concat(candidates);
    else others = others.concat(candidates, pictureWindows(photo, AT_FIRST, random));
  }
  disposeWeights(yunet);
  console.log(`${faces.length} faces, ${others.length} others to begin with`);
  const backbone = network(seed);
  for (let round = 1; round <= ROUNDS; round++) {
    const { history } = await backbone.fit(labelled(faces, others), {
      epochs,
      batchSize: 64,
      optimizer: sgd({ weightDecay: 5e-4 }),
      learningRate: 0.05,
      schedule: cosine({ warmup: 0.1 }),
      classWeight: 'balanced',
      augmentation: augment({ horizontalFlip: true, noise: 8 }),
      layer: backbone.layer,
      seed: seed + round,
    });
    const last = history.at(-1)!;
    console.log(
      `round ${round}: ${faces.length} faces, ${others.length} others, loss ${last.loss.toFixed(4)}, ${history.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(0)} s`,
    );
    save(backbone);
    const wrong: number[] = [];
    for (const [i, file] of files.entries()) {
      if (round === ROUNDS && !heldOut(i)) continue;
      const windows = pictureWindows(await load(join(folder, file)), SEARCHED, random);
      const scores = await logits(backbone, windows);
      if (heldOut(i)) wrong.push(...scores);
      else {
        const order = [...windows.keys()].filter((j) => scores[j] > MISTAKE).sort((a, b) => scores[b] - scores[a]);
        others = others.concat(order.slice(0, MOST_MISTAKES).map((j) => windows[j]));
      }
    }
    report(await logits(backbone, testFaces), await logits(backbone, testOthers), wrong);
  }
}

function save(backbone: LayersBackbone): void {
  const text = Buffer.from(toFloat16(folded(backbone)).buffer).toString('base64');
  writeFileSync(
    new URL('../data/verifier.js', import.meta.url),
    `/**\n * Weights of the verifier, which training/trainVerifier.ts trained, as half-precision numbers in base64, in the order\n * in which src/verifier/network.ts takes them.\n */\nexport default '${text}';\n`,
  );
}

/** The verifier with batch normalisation, which {@link folded} removes. */
function network(seed: number): LayersBackbone {
  const model = sequential();
  for (const [i, filters] of WIDTHS.entries()) {
    for (const j of [0, 1]) {
      const kernelInitializer = initializers.heNormal({ seed: 10 * seed + 2 * i + j });
      const first = i + j === 0 ? { inputShape: [SIDE, SIDE, 1] } : {};
      model.add(
        layers.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: false, kernelInitializer, ...first }),
      );
      model.add(layers.batchNormalization());
      model.add(layers.activation({ activation: 'relu' }));
    }
    if (i + 1 < WIDTHS.length) model.add(layers.maxPooling2d({ poolSize: 2 }));
  }
  model.add(layers.globalAveragePooling2d({}));
  return new LayersBackbone('verifier', model, { height: SIDE, width: SIDE, channels: 1, values: 'standardise' });
}

async function load(file: string): Promise<Photo> {
  const { data, info } = await sharp(file)
    .flatten()
    .resize(LONGEST, LONGEST, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(3 * info.width * info.height);
  for (let i = 0; i < pixels.length; i++) pixels[i] = data[info.channels === 3 ? i : Math.floor(i / 3) * info.channels];
  return { pixels, width: info.width, height: info.height };
}

function imagesOf(windows: Windows): Images {
  const images = new Uint8Array(windows.length * SIDE * SIDE);
  for (const [i, window] of windows.entries()) images.set(window, i * SIDE * SIDE);
  return { images, n: windows.length, height: SIDE, width: SIDE, channels: 1 };
}

function labelled(faces: Windows, others: Windows): Dataset {
  const labels = new Uint8Array(faces.length + others.length).fill(1, 0, faces.length);
  return { ...imagesOf([...faces, ...others]), labels, classes: ['other', 'face'] };
}

async function logits(backbone: LayersBackbone, windows: Windows): Promise<number[]> {
  if (windows.length === 0) return [];
  const { data } = await pipe(backbone, softmaxFromLayer(backbone.layer!)).decisionFunction(imagesOf(windows));
  return windows.map((_, i) => data[2 * i + 1] - data[2 * i]);
}

function report(faces: readonly number[], candidates: readonly number[], windows: readonly number[]): void {
  for (const threshold of [-2, 0, 2, 4]) {
    const share = (scores: readonly number[]): string =>
      `${((100 * scores.filter((score) => score >= threshold).length) / scores.length).toFixed(2)} % of ${scores.length}`;
    console.log(
      `  logit from ${threshold}: ${share(faces)} held-out faces; ${share(candidates)} candidates and ${share(windows)} windows of held-out pictures`,
    );
  }
}

/** All weights in the file's order, with each batch normalisation folded into the convolution before it. */
function folded(backbone: LayersBackbone): Float32Array {
  const numbers: number[] = [];
  const model = backbone.model;
  const convolutions = model.layers.filter((layer) => layer.getClassName() === 'Conv2D');
  const norms = model.layers.filter((layer) => layer.getClassName() === 'BatchNormalization');
  for (const [i, convolution] of convolutions.entries()) {
    const filter = convolution.getWeights()[0].dataSync();
    const [gamma, beta, mean, variance] = norms[i].getWeights().map((weight) => weight.dataSync());
    const { epsilon } = norms[i].getConfig() as { epsilon: number };
    const scale = gamma.map((value, c) => value / Math.sqrt(variance[c] + epsilon));
    numbers.push(...filter.map((value, j) => value * scale[j % scale.length]));
    numbers.push(...beta.map((value, c) => value - mean[c] * scale[c]));
  }
  const {
    weights: { data: weights },
    bias,
  } = backbone.layer as LinearLayer;
  for (let c = 0; c < WIDTHS.at(-1)!; c++) numbers.push(weights[2 * c + 1] - weights[2 * c]);
  numbers.push(bias[1] - bias[0]);
  return Float32Array.from(numbers);
}

await main();
