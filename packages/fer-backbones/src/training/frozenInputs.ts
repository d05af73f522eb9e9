import { type Dataset, FerError, type Images, type Random } from 'fer-core';
import type { FeatureStore } from '../features/featureStore.js';
import { prefixFeatures, splitAt } from '../features/prefix.js';
import { planOf } from '../network/plan.js';
import type { Settings } from './settings.js';
import type { Trainee } from './traineeState.js';

/** The precomputed inputs of the layers that train. */
export interface FrozenInputs {
  /** Position of the first layer that trains. */
  readonly position: number;
  /** Shape of the input for one image. */
  readonly shape: readonly number[];
  readonly passes: number;
  /** Inputs for the training set, one pass after another. */
  readonly train: FeatureStore;
  readonly validation?: FeatureStore;
}

/** How many images are augmented at a time. */
const BLOCK = 512;

/**
 * Runs the training set, in the requested number of augmented passes, and the validation set through the frozen layers.
 *
 * @throws FerError `INVALID_ARGUMENT` if the network's first layer is not frozen; and whatever the store throws.
 */
export async function frozenInputs(
  trainee: Trainee,
  data: Dataset,
  { cacheFrozen, augmentation, validation, onProgress, signal }: Settings,
  random: Random,
): Promise<FrozenInputs> {
  const split = splitAt(trainee.model);
  const below = planOf(trainee.model).steps.slice(0, split.position);
  if (below.every(({ layer }) => layer.getClassName() === 'InputLayer')) {
    throw new FerError('INVALID_ARGUMENT', 'the first layer trains, so there is nothing to cache: freeze it first.');
  }
  const { passes = 1, spill, ...form } = cacheFrozen ?? {};
  const rest = { ...form, onProgress, signal };
  const sets = augmentation ? augmented(data, passes, augmentation, random) : [data];
  const train = await prefixFeatures(trainee, split, sets, data.n * passes, { ...rest, spill });
  try {
    // A file holds one store. The validation set is smaller, so it stays in memory.
    const kept = validation && (await prefixFeatures(trainee, split, [validation], validation.n, rest));
    return { ...split, passes, train, validation: kept };
  } catch (error) {
    train.dispose();
    throw error;
  }
}

function* augmented(
  data: Dataset,
  passes: number,
  augmentation: NonNullable<Settings['augmentation']>,
  random: Random,
): Generator<Images> {
  const size = data.height * data.width * data.channels;
  for (let pass = 0; pass < passes; pass++) {
    for (let start = 0; start < data.n; start += BLOCK) {
      const n = Math.min(BLOCK, data.n - start);
      const images = data.images.subarray(start * size, (start + n) * size);
      yield augmentation({ ...data, images, n }, random.split('pass', pass, start));
    }
  }
}
