import * as tf from '@tensorflow/tfjs-core';
import { checkBooleans, checkOptions, describe } from '../arguments.js';
import { currentWorkspace } from '../current.js';
import { WasmError } from '../errors.js';
import { reluGradient } from '../kernels/fused.js';
import { type Activation, checkParameters, type Parameters } from './activation.js';
import { runOwn } from './own.js';

/** Options of {@link conv2d}. */
export interface Conv2dOptions {
  /** Rows, columns. @default 1 */
  readonly strides?: number | [number, number] | undefined;
  /** @default 'valid' */
  readonly pad?: 'valid' | 'same' | undefined;
  /** @default 'linear' */
  readonly activation?: Activation | undefined;
  /**
   * Whether to compute the gradient of x. If no layer below x is trained, `false` saves that time; the gradient of x is
   * then zero.
   *
   * @default true
   */
  readonly inputGradient?: boolean | undefined;
}

/**
 * A convolution with its bias and activation, fused into one forward step and few backward. tfjs splits it into three
 * ops whenever gradients are needed. On backends that useWasm() didn't prepare, this function runs those three ops.
 *
 * @param x - [n, height, width, in].
 * @param parameters - Kernel [height, width, in, out], bias [out].
 * @throws WasmError `INVALID_ARGUMENT` if an argument is not a tensor of a fitting shape, or an option is out of range.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const x = tf.zeros<tf.Rank.R4>([8, 48, 48, 1]);
 * const kernel = tf.randomNormal<tf.Rank.R4>([3, 3, 1, 32]);
 * const y = conv2d(x, { kernel, bias: tf.zeros<tf.Rank.R1>([32]) }, { pad: 'same', activation: 'relu' });
 * console.log(y.shape); // [ 8, 48, 48, 32 ]
 * ```
 */
export function conv2d(x: tf.Tensor4D, parameters: Parameters<tf.Tensor4D>, options: Conv2dOptions = {}): tf.Tensor4D {
  checkOptions('conv2d', options, ['strides', 'pad', 'activation', 'inputGradient']);
  const { strides = 1, pad = 'valid', activation = 'linear', inputGradient = true } = options;
  checkParameters('conv2d', x, parameters, activation, 4);
  checkBooleans('conv2d', { inputGradient });
  if (pad !== 'valid' && pad !== 'same') {
    throw new WasmError('INVALID_ARGUMENT', `conv2d: pad is ${describe(pad)}: it must be 'valid' or 'same'.`);
  }
  const steps: readonly unknown[] = Array.isArray(strides) ? strides : [strides, strides];
  if (steps.length !== 2 || !steps.every((step) => Number.isInteger(step) && (step as number) >= 1)) {
    throw new WasmError('INVALID_ARGUMENT', 'conv2d: strides must be a whole number from 1, or two.');
  }
  const { kernel, bias } = parameters;
  if (!currentWorkspace()) {
    const product = tf.conv2d(x, kernel, strides, pad);
    const sum = bias ? tf.add(product, bias) : product;
    return (activation === 'relu' ? tf.relu(sum) : sum) as tf.Tensor4D;
  }
  const attrs = { strides, pad, dataFormat: 'NHWC', dilations: [1, 1], activation } as unknown as tf.NamedAttrMap;
  const op = tf.customGrad((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const [input, filter, offset] = args as tf.Tensor[];
    const inputs: tf.NamedTensorMap = offset ? { x: input, filter, bias: offset } : { x: input, filter };
    const y = tf.engine().runKernel('FusedConv2D', inputs, attrs) as tf.Tensor4D;
    save([input, filter, ...(activation === 'relu' ? [y] : [])]);
    const gradFunc = (dy: tf.Tensor, [savedX, savedFilter, savedY]: tf.Tensor[]) => {
      const dz = savedY ? runOwn<tf.Tensor>({ y: savedY, dy }, (w) => reluGradient(w, savedY, dy)) : dy;
      const gradient = (name: string, map: tf.NamedTensorMap, shape: object) =>
        tf.engine().runKernel(name, map, { ...attrs, ...shape }) as tf.Tensor;
      return [
        inputGradient
          ? gradient('Conv2DBackpropInput', { dy: dz, filter: savedFilter }, { inputShape: savedX.shape })
          : tf.zerosLike(savedX),
        gradient('Conv2DBackpropFilter', { x: savedX, dy: dz }, { filterShape: savedFilter.shape }),
        ...(offset ? [tf.sum(dz, [0, 1, 2])] : []),
      ];
    };
    return { value: y, gradFunc };
  });
  return op(...(bias ? [x, kernel, bias] : [x, kernel])) as tf.Tensor4D;
}
