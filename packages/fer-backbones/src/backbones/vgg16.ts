import type { layers } from '@tensorflow/tfjs-layers';
import { checkOptions, describeValue, FerError, type Folder, Random, RUN_OPTIONS, type RunOptions } from 'fer-core';
import { fetchPublished, VGG16_IMAGENET } from '../download/imagenet.js';
import { demandBackend } from '../network/demandBackend.js';
import { buildNetwork, type LayerSpec } from '../network/network.js';
import type { Preprocessing } from '../network/preprocessing.js';
import { readHdf5 } from '../weights/hdf5.js';
import { kerasWeights } from '../weights/kerasWeights.js';
import { assignWeights, type NamedWeights } from '../weights/namedWeights.js';
import { tfjsWeights } from '../weights/tfjsWeights.js';
import { LayersBackbone } from './layersBackbone.js';

/** Options of {@link vgg16}. */
export interface Vgg16Options extends RunOptions {
  /**
   * Weights of the thirteen convolutions.
   *
   * - `'imagenet'`: the file that Keras publishes, downloaded from its official address (58.9 MB), checked and cached.
   * - Bytes: an .h5 file of Keras 2 with layers of these names, e.g. the file above.
   * - A folder: a tfjs-layers model with layers of these names (`memoryFolder`, `urlFolder`, `diskFolder` of fer-core).
   *
   * @default random weights, drawn from `seed`
   */
  readonly weights?: 'imagenet' | Uint8Array | Folder | undefined;
  /** Seed of the initial weights that `weights` doesn't provide. @default 0 */
  readonly seed?: number | undefined;
  /** How pixels are scaled before the first layer. @default 'scale', pixels / 255, as the original */
  readonly values?: Preprocessing['values'] | undefined;
}

/** A number is a 3×3 convolution with ReLU and that many channels, M is a max pooling of 2×2. */
type VggPlan = readonly (number | 'M')[];

const VGG16: VggPlan = [64, 64, 'M', 128, 128, 'M', 256, 256, 256, 'M', 512, 512, 512, 'M', 512, 512, 512, 'M'];

/**
 * The original's VGG16 (Simonyan & Zisserman, 2014): a 1×1 convolution with ReLU that turns grey into three channels (6
 * parameters), the thirteen 3×3 convolutions of VGG16 (14,714,688), and a dense layer of 1,024 features with ReLU and
 * dropout. With the dense layer for seven classes that training adds, it has 15,247,181 parameters and takes about 700
 * million multiply-adds per image. Layers have Keras' names, `block1_conv1` to `block5_pool`.
 *
 * Takes grey 48×48 images. Under Node, `vgg16` of `fer-backbones/node` also accepts paths, and caches downloads on
 * disk.
 *
 * @throws FerError `IO` or `NOT_FOUND` if the weights can't be read, `CORRUPT` if they are damaged, `INVALID_DATA` if
 *   they belong to another network.
 *
 * @example
 * ```ts
 * import { vgg16 } from 'fer-backbones';
 *
 * const backbone = await vgg16({ weights: urlFolder('/models/vgg16') });
 * backbone.freeze({ until: 'block5_conv1' });
 * await backbone.fit(train, { epochs: 10, learningRate: 1e-5 });
 * ```
 */
export async function vgg16(options: Vgg16Options = {}): Promise<LayersBackbone> {
  checkOptions('vgg16', options, ['weights', 'seed', 'values', ...RUN_OPTIONS]);
  demandBackend();
  const { weights } = options;
  return buildVgg16(weights === undefined ? undefined : await readWeights(weights, options), options);
}

/** Weights with their source: path or URL. */
export interface FoundWeights {
  readonly weights: NamedWeights;
  readonly file: string;
}

/** Builds the network with weights that are already loaded. */
export function buildVgg16(
  found: FoundWeights | undefined,
  { seed = 0, values = 'scale' }: Pick<Vgg16Options, 'seed' | 'values'>,
): LayersBackbone {
  const input: Preprocessing = { ...INPUT, values };
  const model = vggNetwork(VGG16, 1024, input, seed);
  try {
    if (found) assignWeights(convolutions(model.layers), found.weights, found.file);
    return new LayersBackbone('vgg16', model, input);
  } catch (error) {
    model.dispose();
    throw error;
  }
}

const INPUT = { height: 48, width: 48, channels: 1 } as const;

/** Builds the network of a plan. Its layers have the names of Keras' VGG16. */
export function vggNetwork(plan: VggPlan, features: number, input: Preprocessing, seed: number) {
  const specs: LayerSpec[] = [{ conv: 3, kernel: 1, relu: true, name: 'grey_to_rgb' }];
  let [block, position] = [1, 1];
  for (const step of plan) {
    if (step === 'M') {
      specs.push({ pool: 2, name: `block${block}_pool` });
      [block, position] = [block + 1, 1];
    } else {
      specs.push({ conv: step, pad: 'same', relu: true, name: `block${block}_conv${position++}` });
    }
  }
  specs.push('flatten', { dense: features, relu: true }, { dropout: 0.5 });
  return buildNetwork(specs, input, new Random(seed));
}

/** The layers that pretrained weights are for. */
export function convolutions(all: readonly layers.Layer[]): layers.Layer[] {
  return all.filter(({ name }) => /^block\d+_conv\d+$/.test(name));
}

/** Reads the weights that `weights` names, except for paths. */
export async function readWeights(
  source: NonNullable<Vgg16Options['weights']>,
  options: RunOptions,
): Promise<FoundWeights> {
  if (source === 'imagenet')
    return readKeras(await fetchPublished(VGG16_IMAGENET, options), VGG16_IMAGENET.url, options.signal);
  if (typeof source === 'object' && source !== null && 'read' in source) {
    return { weights: await tfjsWeights(source, options.signal), file: source.location };
  }
  if (!(source instanceof Uint8Array)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `weights are ${describeValue(source)}: give 'imagenet', the bytes of an .h5 file, or a folder.`,
    );
  }
  return readKeras(source, 'weights', options.signal);
}

/** Reads an .h5 file of Keras 2. */
export async function readKeras(bytes: Uint8Array, file: string, signal?: AbortSignal): Promise<FoundWeights> {
  return { weights: await readHdf5(bytes, file, (root) => kerasWeights(root, file), signal), file };
}
