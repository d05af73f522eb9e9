import { type Augmentation, checkFunction, checkRandom } from 'fer-core';

/**
 * Applies augmentations one after the other. Each gets its own stream of random numbers, so that the same augmentation
 * given twice makes two different changes.
 *
 * @throws FerError `INVALID_ARGUMENT` if one is not a function.
 *
 * @example
 * ```ts
 * const augmentation = compose(augment({ rotation: 10 }), (images, random) => myNoise(images, random));
 * ```
 */
export function compose(...augmentations: readonly Augmentation[]): Augmentation {
  for (const augmentation of augmentations) checkFunction('an augmentation', augmentation);
  return (images, random) => {
    checkRandom(random);
    return augmentations.reduce((made, augmentation, i) => augmentation(made, random.split('compose', i)), images);
  };
}
