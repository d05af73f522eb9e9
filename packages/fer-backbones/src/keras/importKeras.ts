import { input as createInput, model as createModel, type LayersModel, layers } from '@tensorflow/tfjs-layers';
import {
  checkArray,
  checkClassNames,
  checkIsArray,
  checkOptions,
  checkString,
  describeValue,
  FER2013_CLASSES,
  FerError,
  type LinearLayer,
  type RunOptions,
} from 'fer-core';
import { LayersBackbone } from '../backbones/layersBackbone.js';
import { demandBackend } from '../network/demandBackend.js';
import { disposeModel } from '../network/disposal.js';
import { apply, windowMeans } from '../network/network.js';
import { checkPreprocessing, type Preprocessing } from '../network/preprocessing.js';
import { assignWeights, type NamedWeight, type NamedWeights } from '../weights/namedWeights.js';
import { type ClassifierTop, classifierTop } from './classifierTop.js';
import { type KerasFile, readKerasFile } from './kerasFile.js';
import { kerasLayers, type MadeLayers } from './kerasLayers.js';
import type { KerasNetwork } from './kerasNetwork.js';
import { scalesChannels, scalingWeights } from './kerasScaling.js';

type Symbolic = ReturnType<typeof apply>;

/** Options of {@link importKeras}. */
export interface ImportKerasOptions extends Pick<RunOptions, 'signal'> {
  /**
   * Names of the classes, in the order of the network's outputs. Keras files don't contain them.
   *
   * - `'fer2013'`: FER2013's order, for networks trained on its csv.
   * - `'alphabetical'`: FER2013's classes in alphabetical order, for networks trained on folders with these names
   *   (`flow_from_directory`, `image_dataset_from_directory`).
   *
   * Required if the network ends in classes.
   */
  readonly classes?: 'fer2013' | 'alphabetical' | readonly string[] | undefined;
  /**
   * How pixels were scaled before the first layer in training, e.g. `'scale'` or `{ scale: 1 / 127.5, offset: -1 }`.
   * Keras files don't contain this. Required unless the network starts with a Rescaling layer, which takes raw pixels.
   */
  readonly preprocessing?: Preprocessing['values'] | undefined;
  /** Whether to accept images of any size, grey or RGB. @default false */
  readonly adapt?: boolean | undefined;
  /** Height and width of the images in pixels, for a network that takes any size. */
  readonly size?: readonly [height: number, width: number] | undefined;
  /** Path or URL of the file, for messages. @default 'model' */
  readonly file?: string | undefined;
}

/** The names of {@link ImportKerasOptions}. */
export const IMPORT_OPTIONS = ['classes', 'preprocessing', 'adapt', 'size', 'file', 'signal'];

/** The result of {@link importKeras}. */
export interface KerasImport {
  /** The network without the linear layer of classes at its end. */
  readonly backbone: LayersBackbone;
  /** The linear layer of classes, for fer-heads' `softmaxFromLayer`. `undefined` if the model ends in features. */
  readonly layer?: LinearLayer;
}

/**
 * Imports a whole model that Keras saved: `.h5` of Keras 2 and 3, or `.keras` of Keras 3. The model must be Sequential
 * or functional, with one image input and one output; nested models are supported. Layers keep their names, and frozen
 * layers stay frozen. Layers that only augment are omitted.
 *
 * A classifier is split into features and a linear layer. The linear layer is the last Dense, or the last convolution
 * before global average pooling; in that case the features are the means over its windows (for mini-XCEPTION's 3×3
 * convolution, nine per channel). If any other layer comes before the softmax, the features are the scores.
 *
 * @param bytes - The file.
 * @throws FerError `INVALID_ARGUMENT` if `classes` or `preprocessing` is required and missing, or if the number of
 *   classes differs from the number of outputs; `UNSUPPORTED`, naming the layer, if it can't be imported; `CORRUPT` or
 *   `INVALID_DATA` if the file is damaged.
 *
 * @example
 * ```ts
 * const { backbone, layer } = await importKeras(bytes, { classes: 'alphabetical', preprocessing: 'scale' });
 * const classifier = pipe(backbone, softmaxFromLayer(layer!));
 * ```
 */
export async function importKeras(bytes: Uint8Array, options: ImportKerasOptions = {}): Promise<KerasImport> {
  checkOptions('importKeras', options, IMPORT_OPTIONS);
  checkIsArray('the bytes of the file', bytes, 'Uint8Array');
  demandBackend();
  const { file = 'model', signal } = options;
  checkString('file', file);
  signal?.throwIfAborted();
  const read = await readKerasFile(bytes, file, signal);
  const top = classifierTop(read.network);
  const preprocessing = preprocessingOf(read.network, options, file);
  const network = new NetworkBuilder(read, preprocessing).build(top);
  try {
    const { model, head } = network;
    assignWeights(network.layers, withScalings(read, network.layers, file), file);
    const layer = head && linearLayer(head, model.outputs[0].shape[1] as number, read.weights, options, file);
    return { backbone: new LayersBackbone(read.network.name, model, preprocessing), layer };
  } catch (error) {
    disposeModel(network.model);
    throw error;
  }
}

function preprocessingOf(network: KerasNetwork, options: ImportKerasOptions, file: string): Preprocessing {
  const { preprocessing, adapt, size = [] } = options;
  checkArray('the height and width in size', size);
  const [, height = size[0], width = size[1], channels] = network.inputShape.map((length) => length ?? undefined);
  if (network.inputShape.length !== 4 || !channels) {
    const shape = network.inputShape.map((length) => length ?? 'None').join(', ');
    throw new FerError('UNSUPPORTED', `it takes (${shape}): only images, channels last, can be imported.`, { file });
  }
  if (!height || !width) {
    throw new FerError('INVALID_ARGUMENT', 'the network takes images of any size: choose one, e.g. size: [48, 48].', {
      file,
    });
  }
  const scaled = takesPixels(network) ? ({ scale: 1 } as const) : undefined;
  const values = preprocessing === undefined ? scaled : preprocessing;
  if (values === undefined) {
    throw new FerError(
      'INVALID_ARGUMENT',
      "the file doesn't tell what was done to pixels before the first layer: give preprocessing: 'scale' for pixels " +
        '/ 255, { scale: 1 / 127.5, offset: -1 } for [−1, 1], { scale: 1 } for 0..255.',
      { file },
    );
  }
  const how = { height, width, channels, values, ...(adapt !== undefined && { adapt }) };
  checkPreprocessing(how);
  return how;
}

/** The weights of the file, and those of the convolutions that replace layers which scale channels. */
function withScalings(read: KerasFile, made: readonly layers.Layer[], file: string): NamedWeights {
  const weights = new Map(read.weights);
  for (const layer of read.network.layers) {
    const own = scalesChannels(layer) && made.find(({ name }) => name === layer.key);
    if (!own) continue;
    const channels = own.weights[0].shape[2] as number;
    weights.set(layer.key, scalingWeights(layer, channels, read.weights.get(layer.key), file));
  }
  return weights;
}

/** Whether the network rescales pixels itself. */
function takesPixels({ layers: all, calls }: KerasNetwork): boolean {
  const inputs = new Set([0]);
  const first: string[] = [];
  for (const { layer, inputs: taken, output } of calls) {
    if (!taken.some((tensor) => inputs.has(tensor))) continue;
    const kind = all[layer].class_name;
    if (kind.startsWith('Random')) inputs.add(output);
    else first.push(kind);
  }
  return first.length > 0 && first.every((kind) => kind === 'Rescaling');
}

/** Builds a tfjs-layers model from a Keras network, without the layers that the classifier's linear layer replaces. */
class NetworkBuilder {
  readonly #made = new Map<number, MadeLayers>();
  readonly #tensors = new Map<number, Symbolic>();
  readonly #read: KerasFile;
  readonly #input: Symbolic;

  constructor(read: KerasFile, { height, width, channels }: Preprocessing) {
    this.#read = read;
    const names = read.network.layers.map(({ key }) => key);
    this.#input = createInput({ shape: [height, width, channels], name: names.includes('input') ? 'images' : 'input' });
    this.#tensors.set(0, this.#input);
  }

  build(top: ClassifierTop | undefined) {
    try {
      return this.#build(top);
    } catch (error) {
      for (const { layer } of this.#made.values()) for (const weight of layer?.weights ?? []) weight.dispose();
      throw error;
    }
  }

  #build(top: ClassifierTop | undefined) {
    const { network } = this.#read;
    let head = top;
    let outputs = this.#tensor(top?.below ?? network.output);
    if (top?.kind === 'pooled') outputs = this.#pool(outputs, top);
    // A dense layer at every position doesn't give one row of scores per image.
    if (top?.kind === 'dense' && outputs.shape.length !== 2) {
      head = undefined;
      outputs = this.#tensor(network.output);
    }
    if (outputs === this.#input) outputs = apply(layers.activation({ activation: 'linear', name: 'same' }), outputs);
    const model: LayersModel = createModel({ inputs: this.#input, outputs, name: network.name });
    const weighing = [...this.#made.values()].flatMap(({ layer }) =>
      layer && layer.weights.length > 0 ? [layer] : [],
    );
    return { model, head, layers: weighing };
  }

  #pool(maps: Symbolic, { window = 1, layer }: ClassifierTop): Symbolic {
    const name = `${layer?.key ?? 'top'}_means`;
    return window === 1 ? apply(layers.globalAveragePooling2d({ name }), maps) : windowMeans(maps, name, window);
  }

  #tensor(number: number): Symbolic {
    const known = this.#tensors.get(number);
    if (known) return known;
    const { network, keras3 } = this.#read;
    const call = network.calls.find(({ output }) => output === number)!;
    const inputs = call.inputs.map((tensor) => this.#tensor(tensor));
    let made = this.#made.get(call.layer);
    if (!made) {
      const shapes = inputs.map(({ shape }) => shape);
      made = kerasLayers(network.layers[call.layer], shapes, keras3);
      this.#made.set(call.layer, made);
    }
    const chain = [...(made.layer ? [made.layer] : []), ...made.after];
    const x: Symbolic | Symbolic[] = inputs.length === 1 ? inputs[0] : inputs;
    const output = chain.reduce<Symbolic | Symbolic[]>((taken, layer) => connect(layer, taken), x) as Symbolic;
    this.#tensors.set(number, output);
    return output;
  }
}

function connect(layer: layers.Layer, x: Symbolic | Symbolic[]): Symbolic {
  try {
    return apply(layer, x);
  } catch (cause) {
    const { message } = cause as Error;
    throw new FerError('UNSUPPORTED', `layer ${layer.name} can't take its input (${message}).`, {}, { cause });
  }
}

function linearLayer(
  { kind, layer }: ClassifierTop,
  rows: number,
  weights: NamedWeights,
  options: ImportKerasOptions,
  file: string,
): LinearLayer {
  if (kind === 'scores' || !layer) {
    const identity = Float32Array.from({ length: rows * rows }, (_, i) => Number(i % (rows + 1) === 0));
    return {
      weights: { data: identity, rows, columns: rows },
      bias: new Float32Array(rows),
      classes: classesOf(rows, options, file),
    };
  }
  const [kernel, bias] = weights.get(layer.key) ?? [];
  const columns = kernel?.shape.at(-1) ?? 0;
  if (!kernel || kernel.values.length !== rows * columns || (bias && bias.values.length !== columns)) {
    const shapes = [kernel, bias].map((weight) => weight?.shape.join('×') ?? 'none').join(', ');
    throw new FerError(
      'INVALID_DATA',
      `layer ${layer.config.name} has weights ${shapes} for ${rows} features: give the weights of this network.`,
      { file },
    );
  }
  for (const weight of [kernel, bias]) if (weight) demandFinite(weight, file);
  return {
    weights: { data: Float32Array.from(kernel.values), rows, columns },
    bias: bias ? Float32Array.from(bias.values) : new Float32Array(columns),
    classes: classesOf(columns, options, file),
  };
}

function demandFinite({ name, values }: NamedWeight, file: string): void {
  if (values.every(Number.isFinite)) return;
  throw new FerError('INVALID_DATA', `there is NaN or ∞ in ${name}: this training diverged.`, { file });
}

function classesOf(outputs: number, { classes }: ImportKerasOptions, file: string): string[] {
  if (classes === undefined) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the file doesn't name its ${outputs} classes: give classes: 'fer2013' for that data set's order, 'alphabetical' ` +
        "for that of folders (Keras' flow_from_directory), or their names in the order of the outputs.",
      { file },
    );
  }
  if (typeof classes === 'string' && classes !== 'fer2013' && classes !== 'alphabetical') {
    throw new FerError(
      'INVALID_ARGUMENT',
      `classes is ${describeValue(classes)}: it must be 'fer2013', 'alphabetical' or a list of names.`,
      { file },
    );
  }
  const sorted = classes === 'alphabetical' ? [...FER2013_CLASSES].sort() : FER2013_CLASSES;
  if (typeof classes !== 'string') checkClassNames(classes);
  const names = typeof classes === 'string' ? sorted : classes;
  if (names.length !== outputs) {
    throw new FerError('INVALID_ARGUMENT', `${names.length} classes for ${outputs} outputs: give one name each.`, {
      file,
    });
  }
  return [...names];
}
