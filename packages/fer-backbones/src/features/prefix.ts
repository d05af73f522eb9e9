import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { breathe, checkImages, FerError, type Images, type RunOptions } from 'fer-core';
import { forward } from '../network/forward.js';
import { carriedAt, isTrainable, type Plan, planOf, positionsOf } from '../network/plan.js';
import { type Preprocessing, toTensor } from '../network/preprocessing.js';
import { shapesOf } from '../network/shapes.js';
import { type FeatureCacheOptions, type FeatureStore, featureWriter } from './featureStore.js';

/** The position that divides a network into a frozen prefix, whose outputs can be cached, and the layers that train. */
export interface Split {
  /**
   * Number of layers in the prefix, in the order of `summary`. If all layers are frozen, the prefix contains all. Each
   * call of a shared layer counts.
   */
  readonly position: number;
  /** Shape of the input of the remaining layers, for one image. */
  readonly shape: readonly number[];
}

/**
 * Splits a network before a layer. Only one tensor may cross the split, so it can't lie between the branches of a
 * graph.
 *
 * @param name - Name of the layer. @default the last possible position that has only frozen layers before it
 * @throws FerError `INVALID_ARGUMENT` if there is no such layer, a layer before it trains, or several tensors cross the
 *   split.
 */
export function splitAt(model: LayersModel, name?: string): Split {
  const plan = planOf(model);
  const { steps } = plan;
  const trains = steps.findIndex((step) => isTrainable(step) && step.layer.getClassName() !== 'InputLayer');
  const first = trains < 0 ? steps.length : trains;
  const position = name === undefined ? first : positionsOf(plan, name)[0];
  if (position > first) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `layer ${steps[first].layer.name} comes before ${name} and trains: freeze until ${name} first.`,
    );
  }
  const cut = cutBefore(plan, position);
  if (name !== undefined && cut !== position) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `several tensors pass before layer ${name}: split before ${steps[cut].layer.name}, where one carries everything.`,
    );
  }
  return { position: cut, shape: shapeOf(plan, model, carriedAt(plan, cut)!) };
}

/** Returns the last position, up to the given one, that only one tensor crosses. */
function cutBefore(plan: Plan, position: number): number {
  let cut = position;
  while (carriedAt(plan, cut) === undefined) cut--;
  return cut;
}

function shapeOf(plan: Plan, model: LayersModel, tensor: number): readonly number[] {
  const shape = shapesOf(plan, model.inputs[0].shape)[tensor].slice(1);
  if (shape.some((size) => size === null)) {
    throw new FerError(
      'UNSUPPORTED',
      `the network takes images of any size (${shape.map((size) => size ?? 'any').join('×')} at the split): give its ` +
        'input a fixed shape to keep what its frozen layers put out.',
    );
  }
  return shape as number[];
}

/** Images per pass through the frozen layers: enough to use all cores. */
const BATCH = 64;

/**
 * Runs images through the frozen layers of a network once, and stores their outputs.
 *
 * @param images - One or several sets, e.g. of several augmented passes. Rows are numbered across all sets.
 * @param rows - Total number of rows of all sets.
 * @throws FerError `INVALID_DATA` for images that the network doesn't take, `INVALID_ARGUMENT` if the features exceed
 *   the memory limit and there is no `spill`; and whatever the store throws.
 */
export async function prefixFeatures(
  { model, preprocessing }: { readonly model: LayersModel; readonly preprocessing: Preprocessing },
  { position, shape }: Split,
  images: Iterable<Images> | AsyncIterable<Images>,
  rows: number,
  options: FeatureCacheOptions & RunOptions = {},
): Promise<FeatureStore> {
  const writer = await featureWriter({ rows, shape }, options);
  try {
    let done = 0;
    for await (const set of images) {
      checkImages(set);
      for (let start = 0; start < set.n; start += BATCH) {
        await breathe(options.signal);
        const end = Math.min(set.n, start + BATCH);
        const features = tf.tidy(() =>
          forward(model, toTensor(set, [start, end], preprocessing), { training: false, until: position }),
        );
        try {
          await writer.append((await features.data()) as Float32Array);
        } finally {
          features.dispose();
        }
        done += end - start;
        options.onProgress?.({ kind: 'transform', done, total: rows });
      }
    }
    return await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
