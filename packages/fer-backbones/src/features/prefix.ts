import * as tf from '@tensorflow/tfjs-core';
import type { Sequential } from '@tensorflow/tfjs-layers';
import { breathe, checkImages, FerError, type Images, type RunOptions } from 'fer-core';
import { forward } from '../network/forward.js';
import { layerIndex } from '../network/freezing.js';
import { type Preprocessing, toTensor } from '../network/preprocessing.js';
import { type FeatureCacheOptions, type FeatureStore, featureWriter } from './featureStore.js';

/** Where a network falls into a frozen beginning, whose outputs can be kept, and a rest that trains. */
export interface Split {
  /** Of the first layer of the rest; as many as there are layers where all are frozen. */
  readonly position: number;
  /** What the rest takes, of one image. */
  readonly shape: readonly number[];
}

/**
 * Splits a network before a layer.
 *
 * @param name - Of the layer. @default the first that trains
 * @throws FerError `INVALID_ARGUMENT` where there is no such layer, or one before it trains.
 */
export function splitAt(model: Sequential, name?: string): Split {
  const trains = model.layers.findIndex((layer) => layer.trainable && layer.getClassName() !== 'InputLayer');
  const first = trains < 0 ? model.layers.length : trains;
  const position = name === undefined ? first : layerIndex(model, name);
  if (position > first) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `layer ${model.layers[first].name} comes before ${name} and trains: freeze until ${name} first.`,
    );
  }
  const before = model.layers[Math.max(0, position - 1)];
  return { position, shape: (before.outputShape as (number | null)[]).slice(1) as number[] };
}

/** Images a pass through the frozen layers: enough to fill the cores. */
const BATCH = 64;

/**
 * Runs many images through the frozen layers of a network, once, and keeps what comes out.
 *
 * @param images - One or several sets, e.g. of several augmented passes; the rows are numbered through.
 * @param rows - Of all sets together.
 * @throws FerError `INVALID_DATA` for images that the network doesn't take, `INVALID_ARGUMENT` where the features fit
 *   nowhere; what the store throws.
 */
export async function prefixFeatures(
  { model, preprocessing }: { readonly model: Sequential; readonly preprocessing: Preprocessing },
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
