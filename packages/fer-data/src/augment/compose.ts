import type { Augmentation } from 'fer-core';

/**
 * Applies augmentations one after the other. Each gets its own stream of random numbers, so that the same augmentation
 * given twice makes two different changes.
 *
 * @example
 * ```ts
 * const augmentation = compose(augment({ rotation: 10 }), (images, random) => myNoise(images, random));
 * ```
 */
export function compose(...augmentations: readonly Augmentation[]): Augmentation {
  return (images, random) =>
    augmentations.reduce((made, augmentation, i) => augmentation(made, random.split('compose', i)), images);
}
