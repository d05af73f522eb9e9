import * as tf from '@tensorflow/tfjs-core';
import type { layers, Sequential } from '@tensorflow/tfjs-layers';

/**
 * A Sequential of the layers that networks.ts has, as the bytes of an ONNX model of opset 13: input `x` [batch,
 * channels, height, width], output `y`. Images and filters are turned to ONNX's order, features stay as they are.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto for the numbers of the fields
 */
export function onnxModel(model: Sequential, batch: number): Uint8Array {
  const graph: Uint8Array[] = [];
  let last = 'x';
  const node = (type: string, weights: tf.Tensor[], attributes: Uint8Array[] = [], to = `${type}${graph.length}`) => {
    const names = weights.map((_, i) => `${to}/${i}`);
    graph.push(...weights.map((weight, i) => field(5, tensor(names[i], weight))));
    const inputs = [last, ...names].map((name) => field(1, name));
    graph.push(field(1, join([...inputs, field(2, to), field(4, type), ...attributes])));
    last = to;
  };
  tf.tidy(() => {
    for (const layer of model.layers) addLayer(layer, node);
  });
  node('Identity', [], [], 'y');
  const [, height, width, channels] = model.inputs[0].shape as number[];
  const features = model.outputs[0].shape[1] as number;
  graph.push(field(2, 'network'));
  graph.push(field(11, valueInfo('x', [batch, channels, height, width])));
  graph.push(field(12, valueInfo('y', [batch, features])));
  return join([field(1, 7), field(7, join(graph)), field(8, field(2, 13))]);
}

function addLayer(
  layer: layers.Layer,
  node: (type: string, weights: tf.Tensor[], attributes?: Uint8Array[]) => void,
): void {
  const [kernel, ...rest] = layer.getWeights();
  const { padding, epsilon, poolSize, activation } = layer.getConfig() as Record<string, never>;
  switch (layer.getClassName()) {
    case 'InputLayer':
    case 'Dropout':
      return;
    case 'Conv2D':
      node(
        'Conv',
        [tf.transpose(kernel, [3, 2, 0, 1]), ...rest],
        [integers('pads', Array(4).fill(padding === 'same' ? 1 : 0))],
      );
      break;
    case 'BatchNormalization':
      node('BatchNormalization', [kernel, ...rest], [float('epsilon', epsilon)]);
      break;
    case 'MaxPooling2D':
      node('MaxPool', [], [integers('kernel_shape', poolSize), integers('strides', poolSize)]);
      break;
    case 'Flatten':
      node('Transpose', [], [integers('perm', [0, 2, 3, 1])]);
      node('Flatten', []);
      break;
    case 'Dense':
      node('Gemm', [kernel, ...rest]);
      break;
    default:
      throw new Error(`No ONNX for ${layer.getClassName()}.`);
  }
  if (activation === 'relu') node('Relu', []);
}

/** Dimensions, the type float, the numbers as they lie, and a name. */
function tensor(name: string, weight: tf.Tensor): Uint8Array {
  const dimensions = weight.shape.map((size) => field(1, size));
  return join([...dimensions, field(2, 1), field(9, bytesOf(weight.dataSync() as Float32Array)), field(8, name)]);
}

/** Attributes of a node: field 5, of a name, a value and its type. */
const integers = (name: string, values: readonly number[]) =>
  field(5, join([field(1, name), ...values.map((value) => field(8, value)), field(20, 7)]));
const float = (name: string, value: number) =>
  field(5, join([field(1, name), varint(2 * 8 + 5), bytesOf(Float32Array.of(value)), field(20, 1)]));

/** Name, and the shape of floats. */
function valueInfo(name: string, shape: readonly number[]): Uint8Array {
  const dimensions = shape.map((size) => field(1, field(1, size)));
  return join([field(1, name), field(2, field(1, join([field(1, 1), field(2, join(dimensions))])))]);
}

/** A field of a protobuf message: a whole number as a varint; text, bytes or a message with its length in front. */
function field(number: number, value: number | string | Uint8Array): Uint8Array {
  if (typeof value === 'number') return join([varint(number * 8), varint(value)]);
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return join([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Uint8Array.of(...bytes, value);
}

const join = (parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);
