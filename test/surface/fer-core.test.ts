import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from 'fer-core';
import * as node from 'fer-core/node';
import * as testing from 'fer-core/testing';
import { linearL2SVM, linearL2SVMLoader } from 'fer-heads';
import { afterAll } from 'vitest';
import { type Calls, call, method } from './call.js';
import { dataset, features, fittedPipe, labels, loaders, pipedFolder, pixelBackbone } from './fixtures.js';
import { holdsPromises } from './properties.js';

const folder = await mkdtemp(join(tmpdir(), 'fer-surface-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const json = (text: string) => Promise.resolve(new Response(text));
const part = () => ({ kind: 'outer', config: { inner: { kind: 'a', config: {} } }, files: files() });
const files = () => new Map([['a.bin', Uint8Array.of(1, 2, 3, 4)]]);
const piped = { make: fittedPipe };
const random = { make: () => new core.Random(1) };
const memoryStore = { make: () => core.memoryStore() };
const diskStore = { make: () => node.diskStore(join(folder, 'store')) };
const memoryFolder = { make: () => core.memoryFolder(files()) };
const urlFolder = { make: () => core.urlFolder('https://example.org/a', { fetch: () => json('a') }) };

async function savedHead(): Promise<core.Folder> {
  const fitted = linearL2SVM();
  await fitted.fit(features(), labels());
  const saved = core.memoryFolder();
  await core.saveClassifier(fitted, saved);
  return saved;
}

const OWN_LIST = 'names that stand in the program';

const CORE: Calls = {
  FerError: 'its arguments are what the caller wants to say',
  Random: call(
    (seed: number) => new core.Random(seed),
    () => [1],
  ),
  'Random().split': method(
    random,
    (made, label: string) => made.split(label),
    () => ['a'],
  ),
  'Random().int': method(
    random,
    (made, n: number) => made.int(n),
    () => [3],
  ),
  'Random().between': method(
    random,
    (made, low: number, high: number) => made.between(low, high),
    () => [0, 1],
  ),
  'Random().shuffle': method(
    random,
    (made, items: number[]) => made.shuffle(items),
    () => [[1, 2]],
  ),
  'Random().permutation': method(
    random,
    (made, n: number) => made.permutation(n),
    () => [3],
  ),
  'Random.fromState': call(core.Random.fromState, () => [[1, 2, 3, 4]]),
  checkObject: call(core.checkObject, () => ['the data', {}, 'give an object']),
  checkObjects: call(core.checkObjects, () => ['the heads', [{}], 'give a list']),
  checkRandom: call(core.checkRandom, () => [new core.Random(1)]),
  checkAddress: call(core.checkAddress, () => ['https://example.org']),
  checkArray: call(core.checkArray, () => ['rows', [1]]),
  checkBoolean: call(core.checkBoolean, () => ['gzip', true]),
  checkFiles: call(core.checkFiles, () => [files()]),
  checkJson: call(core.checkJson, () => ['the options', { C: [1, null, 'a'] }]),
  checkFunction: call(core.checkFunction, () => ['fetch', () => undefined]),
  checkLabelArrays: call(core.checkLabelArrays, () => [labels()]),
  checkMatrix: call(core.checkMatrix, () => ['features', features()]),
  checkMethods: call(core.checkMethods, () => ['the head', new Map(), ['get'], 'give a head'], {
    unchecked: { 2: OWN_LIST },
  }),
  checkRunOptions: call(core.checkRunOptions, () => [{}]),
  checkSignal: call(core.checkSignal, () => [new AbortController().signal]),
  checkString: call(core.checkString, () => ['the path', 'a']),
  argmaxRows: call(core.argmaxRows, () => [features()]),
  bindRunOptions: call(core.bindRunOptions, () => [{}]),
  breathe: call(core.breathe, () => [new AbortController().signal]),
  bytesToFloat32: call(core.bytesToFloat32, () => [new Uint8Array(8), 2]),
  checkChoice: call(core.checkChoice, () => ['a', 'b', ['b', 'c']], { unchecked: { 2: OWN_LIST } }),
  checkClassNames: call(core.checkClassNames, () => [['a', 'b']]),
  checkDataset: call(core.checkDataset, () => [dataset()]),
  checkFeatures: call(core.checkFeatures, () => [features(), 4]),
  checkImages: call(core.checkImages, () => [dataset()]),
  checkIsArray: call(core.checkIsArray, () => ['images', new Uint8Array(1), 'Uint8Array']),
  checkLabels: call(core.checkLabels, () => [labels(), labels().labels.length]),
  checkOptions: call(core.checkOptions, () => ['fit', { a: 1 }, ['a']], { unchecked: { 2: OWN_LIST } }),
  checkRows: call(core.checkRows, () => [[0, 1], 2]),
  classCounts: call(core.classCounts, () => [labels()]),
  datasetDigest: call(core.datasetDigest, () => [dataset()]),
  describeValue: call(core.describeValue, () => [3]),
  fetchBytes: call(core.fetchBytes, () => ['https://example.org', { fetch: () => json('a') }], { options: 1 }),
  fetchResponse: call(core.fetchResponse, () => ['https://example.org', { fetch: () => json('a') }], { options: 1 }),
  float32ToBytes: call(core.float32ToBytes, () => [new Float32Array(2)]),
  fromFloat16: call(core.fromFloat16, () => [new Uint16Array(2)]),
  indexOfClass: call(core.indexOfClass, () => [['a', 'b'], 'b']),
  innerPart: call(core.innerPart, () => [part(), part().config.inner, 'a']),
  isFerError: call(core.isFerError, () => [new Error('a'), 'IO']),
  isFileName: call(core.isFileName, () => ['a.bin']),
  isPiped: call(core.isPiped, async () => [await fittedPipe()]),
  loadClassifier: call(core.loadClassifier, async () => [await pipedFolder(), loaders(), {}], { options: 2 }),
  loadHead: call(core.loadHead, async () => [await savedHead(), [linearL2SVMLoader], {}], { options: 2 }),
  memoryFolder: call(core.memoryFolder, () => [files()]),
  'memoryFolder().read': method(
    memoryFolder,
    (made, name: string) => made.read(name),
    () => ['a.bin'],
  ),
  'memoryFolder().write': method(
    memoryFolder,
    (made, given: Map<string, Uint8Array>) => made.write?.(given),
    () => [files()],
  ),
  memoryStore: call(core.memoryStore, () => []),
  'memoryStore().read': method(
    memoryStore,
    (made, name: string) => made.read(name),
    () => ['a'],
    {
      fails: 'NOT_FOUND',
    },
  ),
  'memoryStore().write': method(
    memoryStore,
    (made, name: string, bytes: Uint8Array) => made.write(name, bytes),
    () => ['a', Uint8Array.of(1)],
  ),
  'memoryStore().remove': method(
    memoryStore,
    (made, name: string) => made.remove(name),
    () => ['a'],
  ),
  mountFiles: call(core.mountFiles, () => ['head', files()]),
  nearestName: call(core.nearestName, () => ['a', ['a', 'b']], { unchecked: { 0: OWN_LIST, 1: OWN_LIST } }),
  partFile: call(core.partFile, () => [part(), 'a.bin']),
  pipe: call(core.pipe, () => [pixelBackbone(), linearL2SVM()]),
  'pipe().fit': method(
    piped,
    (made, ...args: Parameters<typeof made.fit>) => made.fit(...args),
    () => [dataset(), labels(), {}],
  ),
  'pipe().predict': method(
    piped,
    (made, ...args: Parameters<typeof made.predict>) => made.predict(...args),
    () => [dataset(), {}],
  ),
  'pipe().decisionFunction': method(
    piped,
    (made, ...args: Parameters<typeof made.decisionFunction>) => made.decisionFunction(...args),
    () => [dataset(), {}],
  ),
  readManifest: call(core.readManifest, async () => [await pipedFolder(), {}], { options: 1 }),
  resampleAffine: 'a building block of loops that checks nothing, as it says',
  resizeBilinear: call(core.resizeBilinear, () => [new Float32Array(4), [2, 2], [3, 3], 1]),
  resolveLabels: call(core.resolveLabels, () => [features(), labels()]),
  sameClasses: call(core.sameClasses, () => [['a'], ['b']]),
  saveClassifier: call(core.saveClassifier, async () => [await fittedPipe(), core.memoryFolder(), { seed: 1 }]),
  selectFeatures: call(core.selectFeatures, () => [features(), [0, 1]]),
  selectImages: call(core.selectImages, () => [dataset(), [0, 1]]),
  selectLabels: call(core.selectLabels, () => [labels(), [0, 1]]),
  selectRows: call(core.selectRows, () => [dataset(), [0, 1]]),
  sha256: call(core.sha256, () => [new Uint8Array(3)]),
  softmaxRows: call(core.softmaxRows, () => [features()]),
  stratifiedRows: call(core.stratifiedRows, () => [labels(), 2, 1]),
  toFloat16: call(core.toFloat16, () => [new Float32Array(2)]),
  unmountFiles: call(core.unmountFiles, () => ['head', files()]),
  urlFolder: call(core.urlFolder, () => ['https://example.org/a', { fetch: () => json('a') }], { options: 1 }),
  'urlFolder().read': method(
    urlFolder,
    (made, name: string) => made.read(name),
    () => ['a.bin'],
  ),
  warpAffine: call(core.warpAffine, () => [dataset(), () => [1, 0, 0, 0, 1, 0], { height: 2 }], { options: 2 }),
};

const NODE: Calls = {
  consoleProgress: call(node.consoleProgress, () => ['Training', {}], { options: 1 }),
  diskFolder: call(node.diskFolder, () => [join(folder, 'a')]),
  'diskFolder().write': method(
    { make: () => node.diskFolder(join(folder, 'b')) },
    (made, given: Map<string, Uint8Array>) => made.write?.(given),
    () => [files()],
  ),
  'diskFolder().read': method(
    { make: () => node.diskFolder(join(folder, 'none')) },
    (made, name: string) => made.read(name),
    () => ['a.bin'],
    { fails: 'NOT_FOUND' },
  ),
  diskStore: call(node.diskStore, () => [join(folder, 'store')]),
  'diskStore().read': method(
    diskStore,
    (made, name: string) => made.read(name),
    () => ['none'],
    {
      fails: 'NOT_FOUND',
    },
  ),
  'diskStore().write': method(
    diskStore,
    (made, name: string, bytes: Uint8Array) => made.write(name, bytes),
    () => ['a', Uint8Array.of(1)],
  ),
  'diskStore().remove': method(
    diskStore,
    (made, name: string) => made.remove(name),
    () => ['a'],
  ),
  ioError: call(node.ioError, () => [new Error('a'), 'a']),
  readImage: call(node.readImage, () => [Uint8Array.of(1)]),
  refuseSvg: call(node.refuseSvg, () => [Uint8Array.of(1), 'a']),
  removeAbandoned: call(node.removeAbandoned, () => [join(folder, 'a'), { locked: false }], { options: 1 }),
  stagingPath: call(node.stagingPath, () => [join(folder, 'a')]),
  withLock: call(node.withLock, () => [join(folder, 'a'), async () => undefined]),
  writeFileAtomic: call(node.writeFileAtomic, () => [join(folder, 'c'), 'text']),
};

const TESTING: Calls = {
  checkHead: call(testing.checkHead, () => [() => linearL2SVM(), linearL2SVMLoader]),
};

holdsPromises('fer-core', core, CORE);
holdsPromises('fer-core/node', node, NODE);
holdsPromises('fer-core/testing', testing, TESTING);
