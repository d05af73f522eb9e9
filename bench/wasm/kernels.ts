import * as tf from '@tensorflow/tfjs-core';
import type { Kernel, Prepared } from '../contestant.js';
import { flopsOf } from './tasks.js';

/** A kernel of the current tfjs backend, ready to run; undefined if the backend doesn't have it. */
export function prepareKernel(kernel: Kernel): Prepared | undefined {
  const { name, inputs, attrs } = callOf(kernel);
  if (!tf.getKernel(name, tf.getBackend())) {
    tf.dispose(inputs);
    return undefined;
  }
  const flops = flopsOf(kernel);
  return {
    async once() {
      const result = tf.engine().runKernel(name, inputs, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
      result.dispose();
      return flops;
    },
    dispose: () => tf.dispose(inputs),
  };
}

function callOf(kernel: Kernel): { name: string; inputs: tf.NamedTensorMap; attrs: object } {
  const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
  if (kernel.op === 'product') {
    const { m, k, n, transposeA, transposeB } = kernel;
    const a = random(transposeA ? [1, k, m] : [1, m, k], 1);
    const b = random(transposeB ? [1, n, k] : [1, k, n], 2);
    return { name: 'BatchMatMul', inputs: { a, b }, attrs: { transposeA, transposeB } };
  }
  const { op, n, size, channels, out, pad, depthwise = false, stride = 1 } = kernel;
  const outSize = pad === 'same' ? Math.ceil(size / stride) : size - 2;
  const x = () => random([n, size, size, channels], 1);
  const filterShape = depthwise ? [3, 3, channels, 1] : [3, 3, channels, out];
  const filter = () => random(filterShape, 2);
  const [forward, gradient] = depthwise
    ? ['DepthwiseConv2dNative', 'DepthwiseConv2dNativeBackprop']
    : ['Conv2D', 'Conv2DBackprop'];
  const dy = () => random([n, outSize, outSize, out], 3);
  const attrs = { strides: [stride, stride], pad, dataFormat: 'NHWC', dilations: [1, 1] };
  if (op === 'convolution') return { name: forward, inputs: { x: x(), filter: filter() }, attrs };
  if (op === 'input gradient') {
    const inputShape = [n, size, size, channels];
    return { name: `${gradient}Input`, inputs: { dy: dy(), filter: filter() }, attrs: { ...attrs, inputShape } };
  }
  return { name: `${gradient}Filter`, inputs: { x: x(), dy: dy() }, attrs: { ...attrs, filterShape } };
}
