import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Augmentation, type Dataset, FER2013_CLASSES, Random } from 'fer-core';
import * as data from 'fer-data';
import * as node from 'fer-data/node';
import sharp from 'sharp';
import { afterAll } from 'vitest';
import { type Call, type Calls, call } from './call.js';
import { dataset, labels } from './fixtures.js';
import { holdsPromises } from './properties.js';

const folder = await mkdtemp(join(tmpdir(), 'fer-surface-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const picture = new Uint8Array(
  await sharp(
    new Uint8Array(12 * 10).map((_, at) => 2 * at),
    { raw: { width: 12, height: 10, channels: 1 } },
  )
    .png()
    .toBuffer(),
);
const images = join(folder, 'images');
for (const name of ['happy', 'sad']) {
  mkdirSync(join(images, name), { recursive: true });
  writeFileSync(join(images, name, 'a.png'), picture);
}

const pixels = Array.from({ length: 2304 }, (_, at) => at % 256).join(' ');
const usages = ['Training', 'Training', 'PublicTest', 'PrivateTest'];
const csv = ['emotion,pixels,Usage', ...usages.map((usage, i) => `${i},${pixels},${usage}`), ''].join('\n');
const csvFile = join(folder, 'fer2013.csv');
writeFileSync(csvFile, csv);
const choices = 'neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF';
const votesText = [
  `Usage,Image name,${choices}`,
  ...usages.map((usage, i) => `${usage},fer${i}.png,9,0,0,0,0,0,0,0,1,0`),
  '',
].join('\n');
const votesFile = join(folder, 'fer2013new.csv');
writeFileSync(votesFile, votesText);

let made = 0;
const bytes = () => new Blob([csv]).stream();
const votes = () => data.parseFerPlus(votesText);
const random = () => new Random(1);

/** The rows that {@link votesText} has votes for. */
async function splits(): Promise<data.Splits> {
  const { train, publicTest, privateTest } = await data.parseFer2013(bytes());
  return { train, publicTest, privateTest };
}

/** The fixture with FER2013's classes, which soft labels of FER+ are given for. */
function rgb(): Dataset {
  const { images: grey, n, height, width, labels: given, classes } = dataset();
  return {
    images: Uint8Array.from({ length: 3 * grey.length }, (_, at) => grey[Math.floor(at / 3)]),
    n,
    height,
    width,
    channels: 3,
    labels: given,
    classes,
  };
}

/** What an augmentation's maker makes, applied. */
function applied(make: (...args: never[]) => Augmentation, args: Call['args'], rest: Partial<Call> = {}): Call {
  const target = (...given: readonly unknown[]) => {
    const augmentation = (make as (...args: readonly unknown[]) => Augmentation)(...given);
    return augmentation(dataset(), random());
  };
  return call(target as Call['call'], args, rest);
}

/** What is made, applied to what is given. */
function applying(augmentation: Augmentation): Call {
  return call(augmentation, () => [dataset(), random()]);
}

const DATA: Calls = {
  audit: call(data.audit, () => [dataset(), {}], { options: 1 }),
  augment: applied(data.augment, () => [{}], { options: 0 }),
  'augment()': applying(data.augment({ rotation: 10, zoom: 0.1, noise: 2, erasing: { probability: 1 } })),
  balancedSample: call(data.balancedSample, () => [dataset(), {}], { options: 1 }),
  browserImages: call(data.browserImages, () => [[], {}], { options: 1, fails: 'UNSUPPORTED' }),
  checkVotes: call(data.checkVotes, () => [votes()]),
  classIndex: call(data.classIndex, () => ['happy', FER2013_CLASSES, {}]),
  classWeights: call(data.classWeights, () => [labels()]),
  compose: applied(data.compose, () => [data.randomFlip(), data.randomFlip()]),
  'compose()': applying(data.compose(data.randomFlip())),
  concatDatasets: call(data.concatDatasets, () => [dataset(), dataset()]),
  concatImages: call(data.concatImages, () => [dataset(), dataset()]),
  cutmix: call(data.cutmix, () => [dataset(), random(), {}], { options: 2 }),
  drawLabels: call(data.drawLabels, () => [{ ...labels(), soft: new Float32Array(72).fill(1 / 3) }, random()]),
  ferPlusLabels: call(data.ferPlusLabels, () => [votes(), {}], { options: 1 }),
  joinFerPlus: call(data.joinFerPlus, async () => [await splits(), votes(), {}], { options: 2 }),
  mergeClasses: call(data.mergeClasses, () => [dataset(), { ab: ['a', 'b'], c: ['c'] }]),
  mixup: call(data.mixup, () => [dataset(), random(), {}], { options: 2 }),
  parseFer2013: call(data.parseFer2013, () => [bytes(), {}], { options: 1 }),
  parseFerPlus: call(data.parseFerPlus, () => [votesText, {}], { options: 1 }),
  randomFlip: applied(data.randomFlip, () => [{}], { options: 0 }),
  'randomFlip()': applying(data.randomFlip()),
  renameClasses: call(data.renameClasses, () => [dataset(), { a: 'first' }]),
  resizeImages: call(data.resizeImages, () => [dataset(), {}], { options: 1 }),
  selectClasses: call(data.selectClasses, () => [dataset(), ['a', 'b']]),
  splitEntries: call(data.splitEntries, () => [{ train: dataset() }]),
  stratifiedFolds: call(data.stratifiedFolds, () => [dataset(), 2, {}], { options: 2 }),
  stratifiedSplit: call(data.stratifiedSplit, () => [dataset(), 0.5, {}], { options: 2 }),
  stratifiedSubset: call(data.stratifiedSubset, () => [dataset(), 6, {}], { options: 2 }),
  syntheticFaces: call(data.syntheticFaces, () => [{ n: 2, size: 16 }], { options: 0 }),
  toGrey: call(data.toGrey, () => [rgb()]),
  toRgb: call(data.toRgb, () => [dataset()]),
};

const NODE: Calls = {
  contactSheet: call(node.contactSheet, () => [dataset(), [{ images: [{ split: 'train', row: 0 }] }], {}], {
    options: 2,
  }),
  exportCsv: call(node.exportCsv, () => [join(folder, 'out.csv'), facesOfFer2013(), {}], {
    options: 2,
  }),
  exportImageFolder: call(node.exportImageFolder, () => [join(folder, `out${made++}`), facesOfFer2013(), {}], {
    options: 2,
  }),
  loadFer2013: call(node.loadFer2013, () => [csvFile, { cache: false }], { options: 1 }),
  streamFer2013: call(node.streamFer2013, () => [csvFile, {}], { options: 1 }),
  loadFerPlus: call(node.loadFerPlus, () => [votesFile]),
  loadImage: call(node.loadImage, () => [picture, {}], { options: 1 }),
  loadImageFolder: call(node.loadImageFolder, () => [images, {}], { options: 1 }),
  loadImages: call(node.loadImages, () => [[picture], {}], { options: 1 }),
};

/** Two faces as FER2013 has them. */
function facesOfFer2013(): Dataset {
  return data.syntheticFaces({ n: 2, seed: 1 });
}

holdsPromises('fer-data', data, DATA);
holdsPromises('fer-data/node', node, NODE);
