import { checkIsArray, describeValue, FerError } from '../errors.js';
import type { Random } from '../random.js';
import { checkIds } from './ids.js';
import { checkLabels, type Labels } from './labels.js';

/** The seven classes of FER2013, in the order of its labels 0–6. */
export const FER2013_CLASSES = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'] as const;

/** A batch of n images as plain bytes. Packages never exchange tensors. */
export interface Images {
  /** n × height × width × channels, row-major (NHWC), 0..255. */
  readonly images: Uint8Array;
  /** How many images. */
  readonly n: number;
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
  /** 1 for grey, 3 for RGB. */
  readonly channels: number;
}

/** Labelled images. It is both {@link Images} and {@link Labels}: `classifier.fit(train)` needs nothing else. */
export interface Dataset extends Images, Labels {
  /** One name per image: a file, or a row of a table. */
  readonly ids?: readonly string[] | undefined;
}

/**
 * Makes varied copies of a batch for training. It must not change its argument, and must take all randomness from the
 * generator given, so that an epoch can be repeated.
 */
export type Augmentation = (images: Images, random: Random) => Images;

/**
 * Checks a data set against its contract.
 *
 * @returns The same object.
 * @throws FerError `INVALID_DATA` if a length or a label is wrong.
 */
export function checkDataset<D extends Dataset>(dataset: D): D {
  checkImages(dataset);
  checkLabels(dataset, dataset.n);
  checkIds(dataset.ids, dataset.n);
  return dataset;
}

/**
 * Checks a batch of images: sizes are positive whole numbers, and there are as many bytes as they need.
 *
 * @throws FerError `INVALID_DATA`
 */
export function checkImages(x: Images): void {
  if (typeof x !== 'object' || x === null || !('images' in x)) {
    throw new FerError(
      'INVALID_DATA',
      `the images are ${describeValue(x)}: give { images, n, height, width, channels }, e.g. from loadImage.`,
    );
  }
  const { images, n, height, width, channels } = x;
  checkIsArray('images', images, 'Uint8Array');
  for (const [name, size] of Object.entries({ height, width, channels })) {
    if (!Number.isInteger(size) || size < 1) {
      throw new FerError(
        'INVALID_DATA',
        `images have ${name} ${describeValue(size)}: it must be a whole number from 1.`,
      );
    }
  }
  if (!Number.isInteger(n) || n < 0 || images.length !== n * height * width * channels) {
    throw new FerError(
      'INVALID_DATA',
      `${images.length} bytes for ${describeValue(n)} images of ${height}×${width}×${channels}: ` +
        `expected ${n * height * width * channels}.`,
    );
  }
}
