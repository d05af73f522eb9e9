import { type layers, type Sequential, sequential, layers as tfjsLayers } from '@tensorflow/tfjs-layers';
import { FER2013_CLASSES, FerError, type LinearLayer, type RunOptions } from 'fer-core';
import { LayersBackbone } from '../backbones/layersBackbone.js';
import type { Preprocessing } from '../network/preprocessing.js';
import { type Hdf5Group, readHdf5 } from '../weights/hdf5.js';
import { kerasWeights } from '../weights/kerasWeights.js';
import { assignWeights } from '../weights/namedWeights.js';
import { type KerasChain, type KerasLayer, kerasChain } from './kerasChain.js';
import { denseLayer, kerasLayer } from './kerasLayers.js';

/** Options of {@link importKeras}. */
export interface ImportKerasOptions extends Pick<RunOptions, 'signal'> {
  /** Names of the classes, in the order of the network's outputs. @default FER2013's, where there are seven outputs */
  readonly classes?: readonly string[];
  /** What was done to pixels before the first layer in training. @default 'scale', pixels / 255, as the original */
  readonly values?: Preprocessing['values'];
  /** Path or URL of the file, for messages. @default 'model.h5' */
  readonly file?: string;
}

/** What {@link importKeras} makes of a file. */
export interface KerasImport {
  /** All but the dense layer of classes at its end. */
  readonly backbone: LayersBackbone;
  /** That dense layer, for fer-heads' `softmaxFromLayer`; undefined where the model ends in features. */
  readonly layer?: LinearLayer;
}

/**
 * Reads a whole model that Keras 2 (or tf.keras) wrote by `model.save('x.h5')`, such as the original's: a chain of Conv2D,
 * BatchNormalization, MaxPooling2D, Dropout, Flatten, Dense and Activation, with other models in it that are chains too.
 * Layers keep their names, and frozen ones stay frozen.
 *
 * @param bytes - The file.
 * @throws FerError `UNSUPPORTED` where the network has anything else, naming it; `CORRUPT` or `INVALID_DATA` where the
 *   file is damaged; `INVALID_ARGUMENT` where `classes` are not as many as the outputs.
 *
 * @example
 * ```ts
 * const { backbone, layer } = await importKeras(bytes);
 * const classifier = pipe(backbone, softmaxFromLayer(layer!));
 * ```
 */
export async function importKeras(bytes: Uint8Array, options: ImportKerasOptions = {}): Promise<KerasImport> {
  const { values = 'scale', file = 'model.h5', signal } = options;
  const read = (root: Hdf5Group) => ({ chain: kerasChain(root, file), weights: kerasWeights(root, file) });
  const { chain, weights } = await readHdf5(bytes, file, read, signal);
  const { below, classifier } = splitTop(chain.layers);
  const input = inputOf(chain, values, file);
  const model = sequential();
  const made: layers.Layer[] = [];
  try {
    model.add(tfjsLayers.inputLayer({ inputShape: [input.height, input.width, input.channels], name: 'input' }));
    for (const layer of below) model.add(kerasLayer(layer, shapeOf(model)));
    if (shapeOf(model).length !== 2) {
      throw new FerError('UNSUPPORTED', `its features are ${shapeOf(model).slice(1).join('×')}: flatten them.`, {
        file,
      });
    }
    if (classifier) {
      const dense = denseLayer(classifier.config, 'linear');
      dense.build([...shapeOf(model)]);
      made.push(dense);
    }
    assignWeights([...model.layers, ...made], weights, file);
    const layer = made[0] && toLinearLayer(made[0], options.classes);
    return { backbone: new LayersBackbone(chain.name, model, input), layer };
  } catch (error) {
    model.dispose();
    throw error;
  } finally {
    for (const layer of made) for (const weight of layer.weights) weight.dispose();
  }
}

/** A dense layer at the end, linear or under a softmax, is that of the classes. */
function splitTop(all: readonly KerasLayer[]): { below: readonly KerasLayer[]; classifier?: KerasLayer } {
  const softmax = all.at(-1)?.class_name === 'Activation' && all.at(-1)?.config.activation === 'softmax';
  const rest = softmax ? all.slice(0, -1) : all;
  const last = rest.at(-1);
  const activation = last?.config.activation ?? 'linear';
  const ends = last?.class_name === 'Dense' && (activation === 'linear' || (activation === 'softmax' && !softmax));
  return ends ? { below: rest.slice(0, -1), classifier: last } : { below: all };
}

function inputOf({ inputShape }: KerasChain, values: Preprocessing['values'], file: string): Preprocessing {
  const [, height, width, channels] = inputShape;
  if (inputShape.length === 4 && height && width && channels) return { height, width, channels, values };
  throw new FerError(
    'UNSUPPORTED',
    `it takes (${inputShape.map((size) => size ?? 'None').join(', ')}): only images of one size, channels last, can be imported.`,
    { file },
  );
}

function shapeOf(model: Sequential): readonly (number | null)[] {
  return model.outputs[0].shape;
}

function toLinearLayer(dense: layers.Layer, given?: readonly string[]): LinearLayer {
  const [kernel, bias] = dense.getWeights();
  const [rows, columns] = kernel.shape;
  const classes = given ?? (columns === FER2013_CLASSES.length ? FER2013_CLASSES : []);
  if (classes.length !== columns) {
    throw new FerError('INVALID_ARGUMENT', `${classes.length} classes for ${columns} outputs: give one name each.`);
  }
  return {
    weights: { data: Float32Array.from(kernel.dataSync()), rows, columns },
    bias: bias ? Float32Array.from(bias.dataSync()) : new Float32Array(columns),
    classes: [...classes],
  };
}
