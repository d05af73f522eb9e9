import type { Augmentation } from 'fer-core';

/**
 * Augmentations one after the other. Each gets a stream of random numbers of its own, so that the same one twice does
 * two different things.
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
