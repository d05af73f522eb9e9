import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Dataset, datasetDigest, type Json, Random, sha256 } from 'fer-core';
import { partDigest } from '../features/partDigest.js';
import { makeBatch } from './batches.js';
import type { Settings } from './settings.js';
import { numbersOf, type Trainee, type TraineeState } from './traineeState.js';

/** Everything that affects the numbers of a training run: two runs with equal descriptions give the same results. */
export type RunDescription = Readonly<Record<string, Json>>;

/** How many images are used to compare functions among the options. */
const PROBED = 16;

/**
 * Describes a training run before its first step: the network and its initial weights, the data, and every option that
 * affects the numbers. It leaves out `epochs`, `schedule` and `patience`, since other values may lead to the same
 * state.
 */
export async function describeRun(
  trainee: Trainee,
  state: TraineeState,
  data: Dataset,
  settings: Settings,
): Promise<RunDescription> {
  const { batchSize, optimizer, learningRate, loss, labelSmoothing, clipNorm, emaDecay, seed } = settings;
  const { classWeight, validation, earlyStopping, distillation } = settings;
  const all = await numbersOf(state.weights);
  return {
    network: await digestOfText(describeNetwork(trainee)),
    weights: await digestOfNumbers(all.slice(0, -2)),
    layer: await digestOfNumbers(all.slice(-2)),
    data: await datasetDigest(data),
    validation: validation ? await datasetDigest(validation) : null,
    batchSize,
    optimizer: { name: optimizer.name, ...optimizer.config },
    learningRate,
    loss,
    labelSmoothing,
    classWeight: classWeight ? Array.from(classWeight) : null,
    clipNorm: clipNorm ?? null,
    emaDecay: emaDecay ?? null,
    seed,
    ...(await describeFunctions(data, settings)),
    distillation: distillation
      ? {
          teacher: await partDigest(await distillation.teacher.serialize()),
          temperature: distillation.temperature,
          weight: distillation.weight,
        }
      : null,
    cacheFrozen: describeCache(settings),
    monitor: earlyStopping?.monitor ?? null,
  };
}

/** The names of the entries that differ. */
export function differences(mine: RunDescription, other: RunDescription): string[] {
  return Object.keys({ ...mine, ...other }).filter((key) => JSON.stringify(mine[key]) !== JSON.stringify(other[key]));
}

/** The layers, their settings, whether they train, and the preprocessing; without names and initializers. */
function describeNetwork({ model, preprocessing }: Trainee): string {
  const numbers = new Map(model.layers.map(({ name }, i) => [name, `#${i}`]));
  const { name, ...config } = model.getConfig() as Readonly<Record<string, Json>>;
  const trainable = model.layers.map((layer) => layer.trainable);
  return JSON.stringify({ config, trainable, preprocessing }, (key, value) => {
    if (/initializer|regularizer/i.test(key)) return undefined;
    return typeof value === 'string' ? (numbers.get(value) ?? value) : value;
  });
}

/**
 * `augmentation` and `batchTransform` are functions of a batch and a generator. They are compared by their results for
 * one batch.
 */
async function describeFunctions(data: Dataset, settings: Settings): Promise<RunDescription> {
  const { augmentation, batchTransform, seed } = settings;
  const rows = Array.from({ length: Math.min(PROBED, data.n) }, (_, i) => i);
  const probe = async (functions: Pick<Settings, 'augmentation' | 'batchTransform'>) => {
    const random = new Random(seed).split('probe');
    return datasetDigest(makeBatch(data, rows, functions, { augment: random, transform: random }));
  };
  return {
    augmentation: augmentation ? await probe({ augmentation, batchTransform: undefined }) : null,
    batchTransform: batchTransform ? await probe({ augmentation: undefined, batchTransform }) : null,
  };
}

/** Cached inputs in float32 and without augmentation don't affect any number. */
function describeCache({ cacheFrozen, augmentation }: Settings): Json {
  if (!cacheFrozen) return null;
  const { passes, type = 'float32' } = cacheFrozen;
  return augmentation || type !== 'float32' ? { passes, type } : null;
}

/**
 * The weights that a network had before its training runs with checkpoints, the first included. If nothing else changes
 * the network, a second call on the same object, which an abort left half trained, counts as the same run.
 */
const lineages = new WeakMap<LayersModel, { readonly left: Json; readonly before: readonly Json[] }>();

/**
 * The possible initial weights of a run on this network: its present weights, and those that they were trained from.
 */
export function possibleOrigins(model: LayersModel, present: Json): readonly Json[] {
  const lineage = lineages.get(model);
  return lineage?.left === present ? [present, ...lineage.before] : [present];
}

/** Records which weights a training run with checkpoints started from. */
export async function rememberOrigins(
  model: LayersModel,
  origins: readonly Json[],
  state: TraineeState,
): Promise<void> {
  const left = await digestOfNumbers((await numbersOf(state.weights)).slice(0, -2));
  lineages.set(model, { left, before: origins });
}

async function digestOfNumbers(tensors: readonly Float32Array[]): Promise<string> {
  const digests = await Promise.all(
    tensors.map(({ buffer, byteOffset, byteLength }) => sha256(new Uint8Array(buffer, byteOffset, byteLength))),
  );
  return digestOfText(digests.join());
}

function digestOfText(text: string): Promise<string> {
  return sha256(new TextEncoder().encode(text));
}
