import { readFile, stat } from 'node:fs/promises';
import { checkOptions, RUN_OPTIONS } from 'fer-core';
import { diskFolder, ioError } from 'fer-core/node';
import { type DownloadOptions, download } from '../download/download.js';
import { VGG16_IMAGENET } from '../download/imagenet.js';
import { demandBackend } from '../network/demandBackend.js';
import type { LayersBackbone } from './layersBackbone.js';
import { buildVgg16, type FoundWeights, readKeras, readWeights, type Vgg16Options } from './vgg16.js';

/** Options of `vgg16` under Node. */
export interface Vgg16NodeOptions extends Omit<Vgg16Options, 'weights'>, DownloadOptions {
  /**
   * Weights of the thirteen convolutions.
   *
   * - `'imagenet'`: the file that Keras publishes (58.9 MB), downloaded from its official address on first use,
   *   checked, and kept in `cacheFolder`.
   * - Any other string: the path of an .h5 file of Keras 2 with layers of these names, or of a tfjs-layers model's
   *   folder.
   * - Bytes or a folder, as in browsers.
   *
   * @default random weights, drawn from `seed`
   */
  readonly weights?: Vgg16Options['weights'] | (string & {}) | undefined;
}

/**
 * The original's VGG16, as in browsers. Weights can also come from disk, and ImageNet's are cached there.
 *
 * @throws FerError `IO` or `NOT_FOUND` if the weights can't be read, `CORRUPT` if they are damaged, `INVALID_DATA` if
 *   they belong to another network.
 *
 * @example
 * ```ts
 * import { vgg16 } from 'fer-backbones/node';
 *
 * const backbone = await vgg16({ weights: 'imagenet' }); // fetched once, then read from disk
 * const features = await backbone.transform(train);
 * ```
 */
export async function vgg16(options: Vgg16NodeOptions = {}): Promise<LayersBackbone> {
  checkOptions('vgg16', options, ['weights', 'seed', 'values', 'cacheFolder', ...RUN_OPTIONS]);
  demandBackend();
  const { weights } = options;
  return buildVgg16(weights === undefined ? undefined : await find(weights, options), options);
}

async function find(source: NonNullable<Vgg16NodeOptions['weights']>, options: DownloadOptions): Promise<FoundWeights> {
  if (typeof source !== 'string') return readWeights(source, options);
  if (source === 'imagenet') {
    const { path, bytes } = await download(VGG16_IMAGENET, options);
    return readKeras(bytes, path, options.signal);
  }
  try {
    if ((await stat(source)).isDirectory()) return await readWeights(diskFolder(source), options);
    return await readKeras(await readFile(source, { signal: options.signal }), source, options.signal);
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw ioError(cause, source);
  }
}
