import * as tf from '@tensorflow/tfjs-core';
import {
  bindRunOptions,
  breathe,
  checkImages,
  checkIsArray,
  checkOptions,
  describeValue,
  FerError,
  type Images,
  type LinearLayer,
  RUN_OPTIONS,
  type RunOptions,
  resizeBilinear,
} from 'fer-core';
import { LayersBackbone } from '../backbones/layersBackbone.js';
import { checkDenseLayer } from '../network/denseLayer.js';
import { runSteps } from '../network/forward.js';
import { type Plan, planOf, positionsOf } from '../network/plan.js';
import { type Preprocessing, toTensor } from '../network/preprocessing.js';
import { shapesOf } from '../network/shapes.js';

/** Options of {@link gradCam}. */
export interface GradCamOptions extends RunOptions {
  /** Index of the class to explain, the same for all images. @default each image's own predicted class */
  readonly target?: number | undefined;
  /** Name of the layer whose outputs make the map, as `summary` lists it. @default the last convolution */
  readonly layerName?: string | undefined;
}

/** Maps that show how much each place of an image contributed to a class. */
export interface HeatMaps {
  /**
   * n × height × width, 0..1. The largest value of each image is 1, or all are 0 if nothing contributes to the class.
   */
  readonly data: Float32Array;
  readonly n: number;
  /** In pixels, as the images. */
  readonly height: number;
  /** In pixels, as the images. */
  readonly width: number;
  /** The explained class of each image. */
  readonly targets: Uint8Array;
}

/** Images per pass. */
const BATCH = 32;

/**
 * Gradient-weighted class activation maps (Selvaraju et al., Grad-CAM, 2017). For the outputs A of a convolution and
 * the score of class c, the map is max(0, Σₖ αₖ Aₖ), where αₖ is the mean over all places of the score's gradient with
 * respect to Aₖ (equations 1 and 2). It is resized to the image and divided by its largest value.
 *
 * @param layer - The head: the dense layer of the last training run (`backbone.layer`), or that of a linear SVM.
 * @throws FerError `INVALID_ARGUMENT` if the head belongs to another backbone, or there is no such class or
 *   convolution; `INVALID_DATA` for images that the backbone doesn't take; `UNSUPPORTED` for a backbone of another
 *   kind.
 *
 * @example
 * ```ts
 * const maps = await gradCam(backbone, backbone.layer!, faces);
 * const overlay = overlayHeat(faces, maps);
 * ```
 */
export async function gradCam(
  backbone: LayersBackbone,
  layer: LinearLayer,
  images: Images,
  options: GradCamOptions = {},
): Promise<HeatMaps> {
  checkOptions('gradCam', options, ['target', 'layerName', ...RUN_OPTIONS]);
  if (!(backbone instanceof LayersBackbone)) {
    if (typeof backbone === 'object' && backbone !== null && 'transform' in backbone) {
      throw new FerError(
        'UNSUPPORTED',
        'Grad-CAM needs a LayersBackbone: other kinds, such as ONNX models, have no gradients.',
      );
    }
    throw new FerError(
      'INVALID_ARGUMENT',
      `the backbone is ${describeValue(backbone)}: give one such as shallowCnn() returns.`,
    );
  }
  checkDenseLayer(layer);
  const { model, preprocessing, outputSize } = backbone;
  checkImages(images);
  const { rows, columns } = layer.weights;
  const { target, layerName } = options;
  const { signal, onProgress } = bindRunOptions(options);
  if (rows !== outputSize) {
    throw new FerError('INVALID_ARGUMENT', `the head takes ${rows} features, the backbone has ${outputSize}.`);
  }
  if (target !== undefined && !(Number.isInteger(target) && target >= 0 && target < columns)) {
    throw new FerError('INVALID_ARGUMENT', `class ${describeValue(target)} is outside 0..${columns - 1}.`);
  }
  const plan = planOf(model);
  const { position, tensor } = mapsOf(plan, preprocessing, layerName);
  const { n, height, width } = images;
  const data = new Float32Array(n * height * width);
  const targets = new Uint8Array(n);
  for (let start = 0; start < n; start += BATCH) {
    await breathe(signal);
    const end = Math.min(n, start + BATCH);
    tf.tidy(() => {
      const x = toTensor(images, [start, end], preprocessing);
      const below = runSteps(plan, new Map([[0, x]]), { training: false, until: position + 1 });
      const activations = below.get(tensor) as tf.Tensor4D;
      const scoresOf = (a: tf.Tensor) => {
        const held = new Map(below).set(tensor, a);
        const above = runSteps(plan, held, { training: false, from: position + 1, inputGradient: true });
        const features = above.get(plan.output) as tf.Tensor2D;
        return tf.add(tf.matMul(features, tf.tensor2d(layer.weights.data, [rows, columns])), tf.tensor1d(layer.bias));
      };
      const classes =
        target === undefined ? tf.argMax(scoresOf(activations), 1) : tf.fill([end - start], target, 'int32');
      targets.set(classes.dataSync(), start);
      const chosen = tf.oneHot(classes, columns);
      const gradient = tf.grad((a) => tf.sum(tf.mul(scoresOf(a), chosen)))(activations);
      const weights = tf.mean(gradient, [1, 2], true);
      const maps = tf.relu(tf.sum(tf.mul(weights, activations), 3)) as tf.Tensor3D;
      const [, mapHeight, mapWidth] = maps.shape;
      const values = maps.dataSync<'float32'>();
      for (let i = start; i < end; i++) {
        const size = mapHeight * mapWidth;
        const map = values.subarray((i - start) * size, (i - start + 1) * size);
        const large = resizeBilinear(map, [mapHeight, mapWidth], [height, width]);
        const most = large.reduce((a, b) => Math.max(a, b), 0);
        data.set(most > 0 ? large.map((value) => value / most) : large, i * height * width);
      }
    });
    onProgress?.({ kind: 'transform', done: end, total: n });
  }
  return { data, n, height, width, targets };
}

/** The step whose outputs make the map, and their number in the plan. */
function mapsOf(plan: Plan, { height, width, channels }: Preprocessing, name?: string) {
  const shapes = shapesOf(plan, [null, height, width, channels]);
  const isMap = (position: number) => shapes[plan.steps[position].outputs[0]].length === 4;
  const isConvolution = (position: number) => /Conv2D(Transpose)?$/.test(plan.steps[position].layer.getClassName());
  const positions = name === undefined ? [...plan.steps.keys()].filter(isConvolution) : positionsOf(plan, name);
  // A layer that is called several times is explained at its last call.
  const position = positions.findLast(isMap);
  if (position !== undefined) return { position, tensor: plan.steps[position].outputs[0] };
  throw new FerError(
    'INVALID_ARGUMENT',
    name === undefined ? 'the network has no convolution.' : `layer ${name} puts out no maps: choose a convolution.`,
  );
}

/**
 * Overlays heat maps on their images as RGB images, from blue (none) through green to red (most).
 *
 * @param images - Grey or RGB, the images that were explained.
 * @param options - `opacity` of the colours, 0..1, default 0.4.
 * @throws FerError `INVALID_DATA` if the maps belong to other images, `INVALID_ARGUMENT` if the opacity is out of
 *   range.
 *
 * @example
 * ```ts
 * const maps = await gradCam(backbone, backbone.layer!, faces);
 * const overlay = overlayHeat(faces, maps, { opacity: 0.5 });
 * await exportImageFolder('heat', { ...overlay, labels, classes });
 * ```
 */
export function overlayHeat(
  images: Images,
  maps: HeatMaps,
  options: { readonly opacity?: number | undefined } = {},
): Images {
  checkOptions('overlayHeat', options, ['opacity']);
  checkImages(images);
  if (typeof maps !== 'object' || maps === null || !('data' in maps)) {
    throw new FerError('INVALID_DATA', `the maps are ${describeValue(maps)}: give what gradCam returned.`);
  }
  const { n, height, width, channels } = images;
  const { opacity = 0.4 } = options;
  if (maps.n !== n || maps.height !== height || maps.width !== width || (channels !== 1 && channels !== 3)) {
    throw new FerError('INVALID_DATA', `the maps are not of these ${n} images of ${height}×${width}×${channels}.`);
  }
  checkIsArray('the maps', maps.data, 'Float32Array');
  if (maps.data.length !== n * height * width) {
    throw new FerError('INVALID_DATA', `${maps.data.length} numbers in the maps: expected ${n * height * width}.`);
  }
  if (!(typeof opacity === 'number' && opacity >= 0 && opacity <= 1)) {
    throw new FerError('INVALID_ARGUMENT', `opacity is ${describeValue(opacity)}: it must be a number from 0 to 1.`);
  }
  const out = new Uint8Array(n * height * width * 3);
  for (let i = 0; i < maps.data.length; i++) {
    for (let c = 0; c < 3; c++) {
      // The jet colour map: a triangle per channel, centred at 3/4 for red, 1/2 for green and 1/4 for blue.
      const colour = Math.min(1, Math.max(0, 1.5 - Math.abs(4 * maps.data[i] - (3 - c))));
      const pixel = images.images[channels === 1 ? i : i * 3 + c];
      out[i * 3 + c] = Math.round((1 - opacity) * pixel + opacity * 255 * colour);
    }
  }
  return { images: out, n, height, width, channels: 3 };
}
