import { engine, type NamedAttrMap, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import type { OwnGradient, OwnGradients } from './gradient.js';

/** Gradient of a dilated convolution. Upstream's kernels support dilations, but its gradient ops refuse them. */
const dilated =
  (inputKernel: string, filterKernel: string): OwnGradient =>
  ({ dy, saved: [x, filter], attrs }) => {
    if (attrs.dataFormat === 'NCHW') return undefined;
    const run = (name: string, inputs: NamedTensorMap, shape: NamedAttrMap) =>
      engine().runKernel(name, inputs, { ...attrs, ...shape }) as Tensor;
    return {
      x: () => run(inputKernel, { dy, filter }, { inputShape: x.shape }),
      filter: () => run(filterKernel, { x, dy }, { filterShape: filter.shape }),
    };
  };

/** Gradients of convolutions. */
export const convolutionGradients: OwnGradients = {
  Conv2D: dilated('Conv2DBackpropInput', 'Conv2DBackpropFilter'),
  DepthwiseConv2dNative: dilated('DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter'),
};
