import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import {
  breathe,
  checkChoice,
  checkClassNames,
  checkDataset,
  checkImages,
  checkOptions,
  checkString,
  type Dataset,
  type EpochRecord,
  type FeatureExtractor,
  type FeatureMatrix,
  FerError,
  fromFloat16,
  type Images,
  isFerError,
  type JsonObject,
  type LinearLayer,
  type PartLoader,
  Random,
  RUN_OPTIONS,
  type RunOptions,
  type SavedPart,
  sameClasses,
  toFloat16,
} from 'fer-core';
import { filesToModel, modelToFiles } from '../network/artifacts.js';
import { checkNetwork } from '../network/checkNetwork.js';
import { checkDenseLayer } from '../network/denseLayer.js';
import { disposeModel } from '../network/disposal.js';
import { forward } from '../network/forward.js';
import { type FreezeRange, freezeLayers, settleFlags, unfreezeLayers } from '../network/freezing.js';
import { glorotUniform } from '../network/network.js';
import { type Preprocessing, preprocessingToJson, toValues } from '../network/preprocessing.js';
import { Recordings } from '../network/recordings.js';
import { checkTrainable } from '../network/trainability.js';
import { type Views, viewsOf } from '../network/views.js';
import { INFERENCE_BATCH } from '../training/measure.js';
import { checkTrainOptions } from '../training/settings.js';
import { train } from '../training/train.js';
import type { TrainOptions } from '../training/trainOptions.js';

/** The result of training a backbone. */
export interface TrainResult {
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights the network has, from 1: the last one, or the best one with early stopping. */
  readonly epoch: number;
  /** Wall-clock seconds. */
  readonly seconds: number;
}

/** State that a backbone shares with its copies for other views. */
interface Shared {
  layer: LinearLayer | undefined;
  /** Whether every weight is exact in half precision and can be saved in two bytes. */
  half: boolean;
  fitting: boolean;
  disposed: boolean;
  readonly recordings: Recordings;
}

/**
 * A backbone made of tfjs-layers. It turns images into the activations of the network's penultimate layer, and trains
 * end to end under a temporary dense layer. The network remains an ordinary tfjs-layers model.
 *
 * @example
 * ```ts
 * const backbone = shallowCnn({ seed: 1 }); // a LayersBackbone
 * const { history } = await backbone.fit(train, { epochs: 20, validation: publicTest });
 * const features = await backbone.transform(test); // n × 1,024
 * backbone.dispose();
 * ```
 */
export class LayersBackbone implements FeatureExtractor<Images> {
  /** E.g. `shallow-cnn`. */
  readonly architecture: string;
  readonly preprocessing: Preprocessing;
  /** The network. It belongs to this object: don't dispose it. */
  readonly model: LayersModel;
  /** The views that `transform` averages over; saved with the backbone. */
  readonly views: Views;
  #shared: Shared = {
    layer: undefined,
    half: false,
    fitting: false,
    disposed: false,
    recordings: new Recordings(),
  };

  /**
   * Makes a backbone from your own network. For the networks of this package use a factory such as `shallowCnn()`, or a
   * loader.
   *
   * @param architecture - A name for the network, saved with it.
   * @param model - A `sequential()` or a `model({ inputs, outputs })` of tfjs-layers that turns a batch of images into
   *   one row of features each. Branches, sums, concatenations, shared layers and nested models are allowed. You choose
   *   its initial weights. `fit` doesn't apply regularisers and constraints of layers: use the optimizer's
   *   `weightDecay`. Dropout and noise layers, and the dropout of recurrent layers, follow `fit`'s `seed`.
   * @param preprocessing - How images are prepared for the network.
   * @param views - The views that `transform` averages over.
   * @throws FerError `INVALID_ARGUMENT` for a network of another form, one that doesn't take the preprocessed images,
   *   or one with a layer whose output is empty; `UNSUPPORTED`, naming the layer, for one that can't be trained.
   *
   * @example
   * ```ts
   * import { layers, sequential } from '@tensorflow/tfjs-layers';
   *
   * const model = sequential({
   *   layers: [
   *     layers.conv2d({ inputShape: [48, 48, 1], filters: 16, kernelSize: 5, strides: 2, activation: 'relu' }),
   *     layers.flatten(),
   *     layers.dense({ units: 64, activation: 'relu' }),
   *   ],
   * });
   * const backbone = new LayersBackbone('mine', model, { height: 48, width: 48, channels: 1, values: 'scale' });
   * ```
   */
  constructor(architecture: string, model: LayersModel, preprocessing: Preprocessing, views: Views = 'single') {
    checkString('architecture', architecture);
    checkChoice('views', views, ['single', 'flip', 'tenCrop']);
    checkNetwork(model, preprocessing);
    settleFlags(model);
    this.architecture = architecture;
    this.model = model;
    this.preprocessing = preprocessing;
    this.views = views;
  }

  /**
   * Returns a copy that averages over other views of each image: `backbone.withViews('flip')` for test-time
   * augmentation. The time of `transform` is proportional to the number of views. The copy shares this backbone's
   * network, `layer` and precision: training either one trains both, and disposing either one disposes both.
   */
  withViews(views: Views): LayersBackbone {
    this.#demandUsable();
    const other = new LayersBackbone(this.architecture, this.model, this.preprocessing, views);
    other.#shared = this.#shared;
    return other;
  }

  /**
   * Rounds every weight to half precision, in place. From then on `serialize` writes two bytes per weight, and a loaded
   * copy gives bit-identical results. `fit` continues in single precision and ends this state.
   *
   * @throws FerError `INVALID_DATA` if a weight is not finite or exceeds 65,504 in size; nothing is changed then.
   */
  roundToHalf(): void {
    this.#demandUsable();
    tf.tidy(() => {
      const rounded = this.model.getWeights().map((weight, i) => {
        const values = weight.dataSync() as Float32Array;
        const halves = toFloat16(values);
        const bad = halves.findIndex((half) => (half & 0x7c00) === 0x7c00);
        if (bad >= 0) {
          throw new FerError(
            'INVALID_DATA',
            `weight ${this.model.weights[i].originalName} holds ${values[bad]}, which half precision can't: keep single ` +
              'precision.',
          );
        }
        return tf.tensor(fromFloat16(halves), weight.shape);
      });
      this.model.setWeights(rounded);
    });
    this.#shared.half = true;
  }

  /** Number of feature columns. */
  get outputSize(): number {
    return this.model.outputs[0].shape[1] as number;
  }

  /** Returns the number of the network's weights, without the temporary dense layer of training. */
  countParams(): number {
    return this.model.countParams();
  }

  /**
   * Keeps the weights of some layers fixed while `fit` trains the others. Frozen layers run as in inference: no
   * dropout, and batch normalisation by its moving averages. `freeze({ until: 'block5_conv1' })` trains VGG16 from that
   * layer on.
   *
   * @param range - Names of layers, as {@link summary} lists them. @default all layers
   * @throws FerError `INVALID_ARGUMENT` if there is no such layer.
   */
  freeze(range: FreezeRange = {}): void {
    this.#demandUsable();
    freezeLayers(this.model, range);
  }

  /** Lets `fit` train all layers again. */
  unfreeze(): void {
    this.#demandUsable();
    unfreezeLayers(this.model);
  }

  /**
   * The dense layer that the last `fit` trained on top of the network. It is `undefined` before the first `fit`, and
   * after a `fit` that was aborted or failed midway. Turn it into a head with fer-heads' `softmaxFromLayer` or
   * `linearL2SVMFromLayer`.
   */
  get layer(): LinearLayer | undefined {
    return this.#shared.layer;
  }

  /**
   * Trains the network end to end under a new dense layer, from its present weights or from the newest checkpoint. The
   * same seed gives the same weights, bit-identical on the same engine and backend, and up to rounding on others.
   * Layers that are not `trainable` don't change.
   *
   * @throws FerError `INVALID_DATA` or `INVALID_ARGUMENT` before anything changes, also if another `fit` of the same
   *   network is running; `UNSUPPORTED`, also before anything changes, if the current backend can't train a layer,
   *   which the message names; `DIVERGED` if the loss is not finite, or stays far above the loss of equal scores;
   *   `CORRUPT` if no checkpoint can be read; `IO` if a checkpoint can't be written.
   */
  async fit(data: Dataset, options: TrainOptions = {}): Promise<TrainResult> {
    this.#demandUsable();
    const shared = this.#shared;
    if (shared.fitting) {
      throw new FerError('INVALID_ARGUMENT', 'this network is being trained: await the `fit` that runs first.');
    }
    shared.fitting = true;
    try {
      return await this.#whileUsable(() => this.#fit(data, options));
    } finally {
      shared.fitting = false;
    }
  }

  async #fit(data: Dataset, options: TrainOptions): Promise<TrainResult> {
    const began = performance.now();
    checkTrainOptions(options);
    checkDataset(data);
    checkTrainable(this.model, this.preprocessing);
    const classes = [...data.classes];
    const shape: [number, number] = [this.outputSize, classes.length];
    const { layer, seed = 0 } = options;
    const random = new Random(seed).split('top');
    if (layer !== undefined) checkLayer(layer, shape, classes);
    const kernel = tf.tidy(() =>
      tf.variable(layer ? tf.tensor2d(layer.weights.data, shape) : glorotUniform(shape, random)),
    );
    const bias = tf.tidy(() => tf.variable(layer ? tf.tensor1d(layer.bias) : tf.zeros([classes.length])));
    try {
      const { model, preprocessing } = this;
      const trained = await train({ model, preprocessing, kernel, bias }, data, options, () => {
        this.#demandUsable();
        this.#shared.half = false;
        this.#shared.layer = undefined;
      });
      this.#shared.layer = {
        weights: { data: (await kernel.data()) as Float32Array, rows: shape[0], columns: shape[1] },
        bias: (await bias.data()) as Float32Array,
        classes,
      };
      return { ...trained, seconds: (performance.now() - began) / 1000 };
    } finally {
      kernel.dispose();
      bias.dispose();
    }
  }

  /**
   * Returns the penultimate activations, averaged over the views: n × outputSize. While a `fit` is running, each batch
   * gets the weights of that moment, e.g. for a preview after each epoch; `await` the `fit` for those it ends with.
   */
  async transform(x: Images, options: RunOptions = {}): Promise<FeatureMatrix> {
    this.#demandUsable();
    checkOptions('transform', options, RUN_OPTIONS);
    checkImages(x);
    return this.#whileUsable(() => this.#transform(x, options));
  }

  async #transform(x: Images, options: RunOptions): Promise<FeatureMatrix> {
    const columns = this.outputSize;
    const data = new Float32Array(x.n * columns);
    for (let start = 0; start < x.n; start += INFERENCE_BATCH) {
      await breathe(options.signal);
      const end = Math.min(x.n, start + INFERENCE_BATCH);
      const batch = viewsOf(takeImages(x, start, end), this.views);
      const each: Float32Array[] = [];
      for (const view of batch) each.push(await this.#featuresOf(view));
      data.set(meanOf(each), start * columns);
      options.onProgress?.({ kind: 'transform', done: end, total: x.n });
    }
    return { data, rows: x.n, columns };
  }

  async #featuresOf(images: Images): Promise<Float32Array> {
    const { height, width, channels } = this.preprocessing;
    const shape: [number, number, number, number] = [images.n, height, width, channels];
    const values = toValues(images, [0, images.n], this.preprocessing);
    const recorded = this.#shared.recordings.features(this.model, values, shape);
    if (recorded) return recorded;
    const features = tf.tidy(() => forward(this.model, tf.tensor4d(values, shape), { training: false }));
    try {
      return await features.data<'float32'>();
    } finally {
      features.dispose();
    }
  }

  async serialize(): Promise<SavedPart> {
    this.#demandUsable();
    settleFlags(this.model);
    return {
      kind: KIND,
      config: {
        architecture: this.architecture,
        preprocessing: preprocessingToJson(this.preprocessing),
        ...(this.views !== 'single' && { views: this.views }),
        ...(this.#shared.half && { half: true }),
      },
      files: await modelToFiles(this.model, this.#shared.half),
    };
  }

  /** Frees the network's tensors. The backbone, and its copies by `withViews`, can't be used after this call. */
  dispose(): void {
    if (this.#shared.disposed) return;
    this.#shared.disposed = true;
    this.#shared.recordings.dispose();
    disposeModel(this.model);
  }

  /** Runs a long call. If it fails because the network was disposed meanwhile, the error says so. */
  async #whileUsable<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (cause) {
      if (isFerError(cause, 'UNSUPPORTED') || !isFerError(cause)) this.#demandUsable();
      throw cause;
    }
  }

  #demandUsable(): void {
    if (!this.#shared.disposed) return;
    throw new FerError(
      'INVALID_ARGUMENT',
      `the backbone ${this.architecture} was disposed, itself or with a classifier or copy that shares its network: ` +
        'dispose it last, or load it again.',
    );
  }
}

const KIND = 'layers-backbone';

function checkLayer(layer: LinearLayer, [d, k]: [number, number], wanted: readonly string[]): void {
  checkDenseLayer(layer);
  const { weights, classes } = layer;
  checkClassNames(classes);
  if (weights.rows === d && weights.columns === k && sameClasses(classes, wanted)) return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `the layer takes ${weights.rows} features to [${classes.join(', ')}], this training needs ${d} features to ` +
      `[${wanted.join(', ')}]: leave it out to begin with a fresh one.`,
  );
}

function takeImages(x: Images, start: number, end: number): Images {
  const size = x.height * x.width * x.channels;
  return { ...x, images: x.images.subarray(start * size, end * size), n: end - start };
}

/** Loads any saved {@link LayersBackbone}. */
export const layersBackboneLoader: PartLoader<LayersBackbone> = {
  kind: KIND,
  async load(part) {
    const {
      architecture,
      preprocessing,
      views = 'single',
      half = false,
    } = part.config as JsonObject & {
      architecture?: unknown;
      preprocessing?: Partial<Preprocessing>;
      views?: Views;
    };
    if (typeof architecture !== 'string' || !preprocessing) {
      throw new FerError(
        'CORRUPT',
        'the saved backbone does not say its architecture and preprocessing: save it again.',
      );
    }
    if (!['single', 'flip', 'tenCrop'].includes(views)) {
      throw new FerError('UNSUPPORTED', `the saved backbone looks at "${views}" views: use a later version.`);
    }
    const model = await filesToModel(part);
    try {
      const backbone = new LayersBackbone(architecture, model, preprocessing as Preprocessing, views);
      if (half) backbone.roundToHalf();
      return backbone;
    } catch (cause) {
      disposeModel(model);
      const { message } = cause as Error;
      throw new FerError('CORRUPT', `the saved backbone can't be used (${message}): save it again.`, {}, { cause });
    }
  },
};

/**
 * The loaders of this package's backbones, for fer-core's `loadClassifier`.
 *
 * @example
 * ```ts
 * const classifier = await loadClassifier(diskFolder('svm'), { backbones, heads });
 * ```
 */
export const backbones: readonly PartLoader<FeatureExtractor<Images>>[] = [layersBackboneLoader];

/** The mean of arrays, computed in float32 as tfjs does. */
function meanOf(arrays: readonly Float32Array[]): Float32Array {
  if (arrays.length === 1) return arrays[0];
  const mean = new Float32Array(arrays[0].length);
  for (const values of arrays) for (let i = 0; i < mean.length; i++) mean[i] += values[i];
  return mean.map((sum) => sum / arrays.length);
}
