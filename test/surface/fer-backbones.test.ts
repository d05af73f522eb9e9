import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as backbones from 'fer-backbones';
import * as node from 'fer-backbones/node';
import { type Dataset, type FileStore, type LinearLayer, memoryFolder, memoryStore, pipe } from 'fer-core';
import { linearL2SVM } from 'fer-heads';
import { afterAll } from 'vitest';
import { type Calls, call, method, type Subject } from './call.js';
import { smallBackbone, smallFaces, smallNetwork } from './networks.js';
import { holdsPromises } from './properties.js';

const folder = await mkdtemp(join(tmpdir(), 'fer-surface-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const kerasFile = new URL('../../packages/fer-backbones/test/keras/fixtures/mini-keras2.h5', import.meta.url);
const bytes = new Uint8Array(readFileSync(kerasFile));
const keras = { preprocessing: 'scale', classes: 'fer2013' } as const;
const backbone: Subject<backbones.LayersBackbone> = { make: smallBackbone, disposable: true };
/** Columns of the features of {@link smallBackbone}. */
const FEATURES = 4;

function layer(): LinearLayer {
  return {
    weights: { data: new Float32Array(FEATURES * 3).fill(0.1), rows: FEATURES, columns: 3 },
    bias: new Float32Array(3),
    classes: ['a', 'b', 'c'],
  };
}

/** Calls a function with a backbone of its own before the other arguments, and disposes the backbone. */
function withBackbone<A extends readonly unknown[]>(target: (given: backbones.LayersBackbone, ...args: A) => unknown) {
  return (made: backbones.LayersBackbone, ...args: A) => target(made, ...args);
}

async function stored(): Promise<FileStore> {
  const store = memoryStore();
  const made = smallBackbone();
  await backbones.extractFeatures(made, [smallFaces()], store);
  made.dispose();
  return store;
}

async function fused(...args: Parameters<typeof backbones.toLayersModel>) {
  const model = await backbones.toLayersModel(...args);
  model.dispose();
}

async function withPiped(target: (classifier: ReturnType<typeof pipe>) => unknown): Promise<void> {
  const made = pipe(smallBackbone(), linearL2SVM());
  try {
    await made.fit(smallFaces());
    await target(made);
  } finally {
    made.dispose();
  }
}

const heat = (): backbones.HeatMaps => {
  const { n, height, width } = smallFaces();
  return { data: new Float32Array(n * height * width), n, height, width, targets: new Uint8Array(n) };
};
const form = (): Parameters<ReturnType<typeof node.fileFeatures>>[0] => ({ rows: 1, shape: [2], type: 'float32' });

async function abortAtOnce(path: string): Promise<void> {
  const writer = await node.fileFeatures(path)(form());
  await writer.abort();
}

const NO_STEPS: backbones.Plan = { steps: [], output: 0, lastUse: [] };
const STEP = { layer: { name: 'dense' }, within: [] };

const BACKBONES: Calls = {
  LayersBackbone: call(refuseModel, () => [{}], { fails: 'INVALID_ARGUMENT' }),
  'LayersBackbone.preprocessing': call(withNetwork, () => ['small', INPUT, 'single']),
  'LayersBackbone().fit': method(
    backbone,
    (made, ...args: Parameters<typeof made.fit>) => made.fit(...args),
    () => [smallFaces(), { epochs: 1, batchSize: 12 }],
    { options: 1 },
  ),
  'LayersBackbone().fit.checkpoints': method(
    backbone,
    (made, ...args: Parameters<typeof made.fit>) => made.fit(...args),
    () => [smallFaces(), { epochs: 1, batchSize: 12, checkpoints: { store: memoryStore() } }],
  ),
  'LayersBackbone().transform': method(
    backbone,
    (made, ...args: Parameters<typeof made.transform>) => made.transform(...args),
    () => [smallFaces(), {}],
    { options: 1 },
  ),
  'LayersBackbone().withViews': method(
    backbone,
    (made, ...args: Parameters<typeof made.withViews>) => made.withViews(...args),
    () => ['flip'],
  ),
  'LayersBackbone().freeze': method(
    backbone,
    (made, ...args: Parameters<typeof made.freeze>) => made.freeze(...args),
    () => [{}],
    { options: 0 },
  ),
  'LayersBackbone().unfreeze': method(
    backbone,
    (made) => made.unfreeze(),
    () => [],
  ),
  'LayersBackbone().roundToHalf': method(
    backbone,
    (made) => made.roundToHalf(),
    () => [],
  ),
  'LayersBackbone().serialize': method(
    backbone,
    (made) => made.serialize(),
    () => [],
  ),
  checkPreprocessing: call(backbones.checkPreprocessing, () => [INPUT]),
  preprocess: call(backbones.preprocess, () => [smallFaces(), INPUT]),
  preprocessingToJson: call(backbones.preprocessingToJson, () => [INPUT]),
  planOf: method(
    { make: smallBackbone },
    ({ model }) => backbones.planOf(model),
    () => [],
  ),
  'planOf.model': call(backbones.planOf, () => [extractor()], { fails: 'INVALID_ARGUMENT' }),
  pathOf: call(backbones.pathOf, () => [STEP]),
  shapesOf: call(backbones.shapesOf, () => [NO_STEPS, [null, 6, 6, 1]]),
  adamW: call(backbones.adamW, () => [{}], { options: 0 }),
  compactVgg: call(backbones.compactVgg, () => [{}], { options: 0 }),
  constant: call(backbones.constant, () => []),
  cosine: call(backbones.cosine, () => [{}], { options: 0 }),
  extractFeatures: call(backbones.extractFeatures, () => [extractor(), [smallFaces()], memoryStore(), {}], {
    options: 3,
  }),
  fineTune: method(
    backbone,
    (made, data: Dataset, stages: Parameters<typeof backbones.fineTune>[2]) => backbones.fineTune(made, data, stages),
    () => [smallFaces(), [{ freeze: {}, epochs: 1 }]],
  ),
  'fineTune.backbone': call(backbones.fineTune, () => [extractor(), smallFaces(), []], { fails: 'INVALID_ARGUMENT' }),
  gradCam: method(backbone, withBackbone(backbones.gradCam), () => [layer(), smallFaces(), {}], { options: 2 }),
  'gradCam.backbone': call(backbones.gradCam, () => [extractor(), layer(), smallFaces()], {
    fails: 'UNSUPPORTED',
  }),
  importKeras: call(importAndDispose, () => [bytes, keras], { options: 1 }),
  inverseTimeDecay: call(backbones.inverseTimeDecay, () => [1e-6]),
  loadFeatures: call(backbones.loadFeatures, async () => [await stored(), {}], { options: 1 }),
  miniXception: call(backbones.miniXception, () => [{}], { options: 0 }),
  oneCycle: call(backbones.oneCycle, () => [{}], { options: 0 }),
  overlayHeat: call(backbones.overlayHeat, () => [smallFaces(), heat(), {}], { options: 2 }),
  plateau: call(backbones.plateau, () => [{}], { options: 0 }),
  readFeatures: call(backbones.readFeatures, async () => [await stored(), {}], { options: 1 }),
  resNet: call(backbones.resNet, () => [{}], { options: 0 }),
  rmsprop: call(backbones.rmsprop, () => [{}], { options: 0 }),
  sgd: call(backbones.sgd, () => [{}], { options: 0 }),
  shallowCnn: call(backbones.shallowCnn, () => [{}], { options: 0 }),
  summary: method(
    { make: smallBackbone },
    (made) => backbones.summary(made),
    () => [],
  ),
  'summary.backbone': call(backbones.summary, () => [extractor()], { fails: 'INVALID_ARGUMENT' }),
  toLayersModel: call(
    (options: object) => withPiped((made) => fused(made, options)),
    () => [{}],
    { options: 0 },
  ),
  'toLayersModel.classifier': call(backbones.toLayersModel, () => [extractor()], { fails: 'UNSUPPORTED' }),
  vgg16: call(backbones.vgg16, () => [{ weights: memoryFolder() }], { options: 0, fails: 'NOT_FOUND' }),
};

const INPUT = { height: 6, width: 6, channels: 1, values: 'scale' } as const;

function refuseModel(model: ReturnType<typeof smallNetwork>): void {
  new backbones.LayersBackbone('small', model, INPUT).dispose();
}

/** A refused network stays the caller's. */
function withNetwork(...[name, input, views]: [string, typeof INPUT, backbones.Views]): void {
  const model = smallNetwork();
  try {
    new backbones.LayersBackbone(name, model, input, views);
  } finally {
    model.dispose();
  }
}

async function importAndDispose(...args: Parameters<typeof backbones.importKeras>): Promise<void> {
  const { backbone: made } = await backbones.importKeras(...args);
  made.dispose();
}

/** A feature extractor of no tensors. */
function extractor() {
  return {
    outputSize: FEATURES,
    transform: async ({ n }: { n: number }) => ({
      data: new Float32Array(n * FEATURES),
      rows: n,
      columns: FEATURES,
    }),
    serialize: async () => ({ kind: 'zeros', config: {}, files: new Map<string, Uint8Array>() }),
    dispose() {},
  };
}

const NODE: Calls = {
  fileFeatures: call(abortAtOnce, () => [join(folder, 'features')]),
  importKeras: call(
    async (...args: Parameters<typeof node.importKeras>) => (await node.importKeras(...args)).backbone.dispose(),
    () => [bytes, keras],
    { options: 1 },
  ),
  vgg16: call(node.vgg16, () => [{ weights: join(folder, 'none.h5') }], { options: 0, fails: 'NOT_FOUND' }),
};

holdsPromises('fer-backbones', backbones, BACKBONES);
holdsPromises('fer-backbones/node', node, NODE);
