import * as tf from '@tensorflow/tfjs-core';
import type { Sequential } from '@tensorflow/tfjs-layers';
import {
  breathe,
  checkImages,
  type Dataset,
  type EpochRecord,
  type FeatureExtractor,
  type FeatureMatrix,
  FerError,
  type Images,
  type JsonObject,
  type LinearLayer,
  type PartLoader,
  Random,
  type RunOptions,
  type SavedPart,
} from 'fer-core';
import { filesToModel, modelToFiles } from './artifacts.js';
import { forward } from './forward.js';
import { type FreezeRange, freezeLayers } from './freezing.js';
import { glorotUniform } from './network.js';
import { type Preprocessing, toTensor } from './preprocessing.js';
import { INFERENCE_BATCH, type TrainOptions, train } from './train.js';

/** What training a backbone left. */
export interface TrainResult {
  readonly history: readonly EpochRecord[];
  /** Wall-clock seconds. */
  readonly seconds: number;
}

/**
 * A backbone made of tfjs-layers: a network that turns images into its penultimate activations, and that trains end to
 * end under a temporary dense layer. The network stays an ordinary tfjs-layers model.
 */
export class LayersBackbone implements FeatureExtractor<Images> {
  /** E.g. `shallow-cnn`. */
  readonly architecture: string;
  readonly preprocessing: Preprocessing;
  /** The network. It belongs to this object: don't dispose it. */
  readonly model: Sequential;
  #layer: LinearLayer | undefined;

  /** Use a factory such as `shallowCnn()`, or a loader. */
  constructor(architecture: string, model: Sequential, preprocessing: Preprocessing) {
    this.architecture = architecture;
    this.model = model;
    this.preprocessing = preprocessing;
  }

  /** Columns of the features. */
  get outputSize(): number {
    return this.model.outputs[0].shape[1] as number;
  }

  /** How many weights the network has, the temporary dense layer of training not counted. */
  countParams(): number {
    return this.model.countParams();
  }

  /**
   * Keeps the weights of some layers as they are while `fit` trains the others; those layers then run as in inference
   * (no dropout, batch normalisation by its remembered statistics). `freeze({ until: 'block5_conv1' })` trains VGG16
   * from there on.
   *
   * @param range - By names, as {@link summary} lists them. @default all layers
   * @throws FerError `INVALID_ARGUMENT` where there is no such layer.
   */
  freeze(range: FreezeRange = {}): void {
    freezeLayers(this.model, range);
  }

  /** Lets `fit` train all layers again. */
  unfreeze(): void {
    freezeLayers(this.model, { until: this.model.layers[0].name });
  }

  /**
   * The dense layer that the last `fit` trained on top of the network; undefined before. Make a head of it with
   * fer-heads' `softmaxFromLayer` or `linearL2SVMFromLayer`.
   */
  get layer(): LinearLayer | undefined {
    return this.#layer;
  }

  /**
   * Trains the network end to end with RMSprop under a fresh dense layer, going on from the weights it has. The same
   * seed gives the same weights, to the bit on one engine and backend, to rounding on others.
   *
   * @throws FerError `INVALID_DATA` or `INVALID_ARGUMENT`, before anything changes; `DIVERGED` where the loss leaves the
   *   finite numbers.
   */
  async fit(data: Dataset, options: TrainOptions = {}): Promise<TrainResult> {
    const began = performance.now();
    const classes = [...data.classes];
    const shape: [number, number] = [this.outputSize, classes.length];
    const random = new Random(options.seed ?? 0).split('top');
    const kernel = tf.tidy(() => tf.variable(glorotUniform(shape, random)));
    const bias = tf.tidy(() => tf.variable(tf.zeros([classes.length])));
    try {
      const { model, preprocessing } = this;
      const history = await train({ model, preprocessing, kernel, bias }, data, options);
      this.#layer = {
        weights: { data: (await kernel.data()) as Float32Array, rows: shape[0], columns: shape[1] },
        bias: (await bias.data()) as Float32Array,
        classes,
      };
      return { history, seconds: (performance.now() - began) / 1000 };
    } finally {
      kernel.dispose();
      bias.dispose();
    }
  }

  /** The penultimate activations: n × outputSize. */
  async transform(x: Images, options: RunOptions = {}): Promise<FeatureMatrix> {
    checkImages(x);
    const columns = this.outputSize;
    const data = new Float32Array(x.n * columns);
    for (let start = 0; start < x.n; start += INFERENCE_BATCH) {
      await breathe(options.signal);
      const end = Math.min(x.n, start + INFERENCE_BATCH);
      const features = tf.tidy(() =>
        forward(this.model, toTensor(x, [start, end], this.preprocessing), { training: false }),
      );
      data.set(await features.data(), start * columns);
      features.dispose();
      options.onProgress?.({ kind: 'transform', done: end, total: x.n });
    }
    return { data, rows: x.n, columns };
  }

  async serialize(): Promise<SavedPart> {
    return {
      kind: KIND,
      config: { architecture: this.architecture, preprocessing: { ...this.preprocessing } },
      files: await modelToFiles(this.model),
    };
  }

  /** Frees the network's tensors. */
  dispose(): void {
    this.model.dispose();
  }
}

const KIND = 'layers-backbone';

/** Reads back any {@link LayersBackbone}. */
export const layersBackboneLoader: PartLoader<LayersBackbone> = {
  kind: KIND,
  async load(part) {
    const { architecture, preprocessing } = part.config as JsonObject & {
      architecture?: unknown;
      preprocessing?: Partial<Preprocessing>;
    };
    const { height, width, channels, values } = preprocessing ?? {};
    const sizes = [height, width, channels].every((size) => Number.isInteger(size));
    if (typeof architecture !== 'string' || !sizes || (values !== 'scale' && values !== 'standardise')) {
      throw new FerError(
        'CORRUPT',
        'the saved backbone does not say its architecture and preprocessing: save it again.',
      );
    }
    const model = (await filesToModel(part)) as Sequential;
    return new LayersBackbone(architecture, model, preprocessing as Preprocessing);
  },
};

/** The loaders of this package's backbones, for fer-core's `loadClassifier`. */
export const backbones: readonly PartLoader<FeatureExtractor<Images>>[] = [layersBackboneLoader];
