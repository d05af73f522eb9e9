import { activationName } from './kerasActivations.js';
import type { KerasNetwork, NetworkCall, NetworkLayer } from './kerasNetwork.js';

/** The classifier at the end of a network. */
export interface ClassifierTop {
  /** The tensor of features, or the tensor that they are computed from. */
  readonly below: number;
  /**
   * - `dense`: a dense layer on these features.
   * - `pooled`: the global average of a convolution, which is linear in the means over its windows.
   * - `scores`: the features are the scores themselves, followed by a softmax.
   */
  readonly kind: 'dense' | 'pooled' | 'scores';
  /** The dense layer or convolution. */
  readonly layer?: NetworkLayer;
  /** Height and width of the convolution's kernel. */
  readonly window?: number;
}

/**
 * Finds the linear layer at the end of a classifier, with or without a softmax.
 *
 * @returns `undefined` if the network ends in features.
 */
export function classifierTop({ layers, calls, output }: KerasNetwork): ClassifierTop | undefined {
  const makerOf = (tensor: number) => calls.find((call) => call.output === tensor);
  const layerOf = (call: NetworkCall | undefined) => call && layers[call.layer];
  let tensor = output;
  let softmax = false;
  for (let call = makerOf(tensor); call; call = makerOf(tensor)) {
    const layer = layers[call.layer];
    const plain = ['Activation', 'Softmax'].includes(layer.class_name);
    const name = layer.class_name === 'Softmax' ? 'softmax' : activationName(layer.config.activation);
    if (!plain || (name !== 'linear' && (name !== 'softmax' || softmax))) break;
    softmax ||= name === 'softmax';
    tensor = call.inputs[0];
  }
  const call = makerOf(tensor);
  const layer = layerOf(call);
  const calledOnce = (one: NetworkCall) => calls.filter((other) => other.layer === one.layer).length === 1;
  if (call && layer?.class_name === 'Dense' && calledOnce(call)) {
    const activation = activationName(layer.config.activation);
    if (activation === 'linear' || (activation === 'softmax' && !softmax)) {
      return { kind: 'dense', layer, below: call.inputs[0] };
    }
  }
  if (call && layer?.class_name === 'GlobalAveragePooling2D' && layer.config.keepdims !== true) {
    const below = makerOf(call.inputs[0]);
    const window = below && calledOnce(below) ? pooledWindow(layers[below.layer]) : undefined;
    if (below && window !== undefined) {
      return { kind: 'pooled', layer: layerOf(below), below: below.inputs[0], window };
    }
  }
  return softmax ? { kind: 'scores', below: tensor } : undefined;
}

/**
 * Returns the kernel's size if the average of a convolution equals one over windows: linear, stride 1, each position
 * once.
 */
function pooledWindow({ class_name, config }: NetworkLayer): number | undefined {
  const { kernel_size, strides = 1, dilation_rate = 1, padding, groups = 1, data_format = 'channels_last' } = config;
  const [height, width = height] = [kernel_size].flat() as number[];
  const ones = [strides, dilation_rate, groups].flat().every((value) => value === 1);
  const plain = class_name === 'Conv2D' && activationName(config.activation) === 'linear' && ones;
  const whole = height === width && (height === 1 || (padding === 'same' && height % 2 === 1));
  return plain && whole && data_format === 'channels_last' ? height : undefined;
}
