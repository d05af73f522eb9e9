import { Value } from '../value.js';
import { activate } from './activations.js';
import {
  type ChannelAffine,
  demandChannelsLast,
  type LayerCall,
  paddingOf,
  pair,
  type Translate,
  type Weight,
} from './call.js';

/** The kernel of a convolution in ONNX order: [filters, channels per group, height, width]. */
interface Kernel {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly bias: Float64Array | undefined;
  readonly groups: number;
}

/** The convolution layers. */
export const CONVOLUTION_LAYERS: Readonly<Record<string, Translate>> = {
  Conv2D(call) {
    const [kernel, bias] = call.weights;
    return activated(call, convolve(call, call.inputs[0], fold(kernelOf(kernel, bias), call.folded)));
  },
  DepthwiseConv2D(call) {
    const [kernel, bias] = call.weights;
    return activated(call, convolve(call, call.inputs[0], fold(depthwiseKernelOf(kernel, bias), call.folded)));
  },
  SeparableConv2D(call) {
    const [depthwise, pointwise, bias] = call.weights;
    const spread = convolve(call, call.inputs[0], depthwiseKernelOf(depthwise, undefined));
    return activated(call, convolve(call, spread, fold(kernelOf(pointwise, bias), call.folded), true));
  },
};

function activated(call: LayerCall, x: Value): Value {
  return activate(call, x, call.step.config.activation);
}

/**
 * @param pointwise - Whether the window is one pixel. The layer's strides and padding then belong to its depthwise
 *   part.
 */
function convolve(call: LayerCall, x: Value, kernel: Kernel, pointwise = false): Value {
  demandChannelsLast(call);
  const { graph, path, step, shape } = call;
  const window = [kernel.shape[2], kernel.shape[3]] as const;
  const strides = pair(pointwise ? 1 : step.config.strides, 1);
  const dilations = pair(pointwise ? 1 : step.config.dilationRate, 1);
  const inputs = [x.toChannelsFirst(), graph.floats(`${path}/kernel`, kernel.shape, kernel.data)];
  if (kernel.bias) inputs.push(graph.floats(`${path}/bias`, [kernel.bias.length], kernel.bias));
  const name = graph.node(path, 'Conv', inputs, {
    kernel_shape: window,
    strides,
    dilations,
    pads: pointwise ? [0, 0, 0, 0] : paddingOf(step, x.shape, window, strides, dilations),
    group: kernel.groups,
  });
  const sizes = pointwise ? x.shape.slice(0, 2) : shape.slice(0, 2);
  return Value.channelsFirst(graph, path, [...sizes, kernel.shape[0]], name);
}

/** From the order of tfjs: [height, width, channels, filters]. */
function kernelOf({ shape: [height, width, channels, filters], data }: Weight, bias: Weight | undefined): Kernel {
  const moved = new Float64Array(data.length);
  const window = height * width;
  for (let at = 0, place = 0; place < window; place++) {
    for (let c = 0; c < channels; c++) {
      for (let f = 0; f < filters; f++, at++) moved[(f * channels + c) * window + place] = data[at];
    }
  }
  return {
    shape: [filters, channels, height, width],
    data: moved,
    bias: bias && Float64Array.from(bias.data),
    groups: 1,
  };
}

/** From the order of tfjs, [height, width, channels, multiplier], to one group per channel. */
function depthwiseKernelOf({ shape, data }: Weight, bias: Weight | undefined): Kernel {
  const [height, width, channels, multiplier] = shape;
  const one = kernelOf({ shape: [height, width, 1, channels * multiplier], data }, bias);
  return { ...one, groups: channels };
}

/** Filter f of the kernel times `scale[f]`, in float64, so that only the result is rounded. */
function fold(kernel: Kernel, affine: ChannelAffine | undefined): Kernel {
  if (!affine) return kernel;
  const { scale, offset } = affine;
  const each = kernel.data.length / scale.length;
  return {
    ...kernel,
    data: kernel.data.map((value, at) => value * scale[Math.floor(at / each)]),
    bias: offset.map((value, f) => value + (kernel.bias?.[f] ?? 0) * scale[f]),
  };
}
