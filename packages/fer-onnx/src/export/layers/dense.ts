import { Value } from '../value.js';
import { activate } from './activations.js';
import type { ChannelAffine, Translate, Weight } from './call.js';

/** The layers that multiply by a matrix. */
export const DENSE_LAYERS: Readonly<Record<string, Translate>> = {
  Dense(call) {
    const { graph, path, step, shape, inputs, weights, folded } = call;
    const [kernel, bias] = fold(weights[0], weights[1], folded);
    const names = [graph.floats(`${path}/kernel`, weights[0].shape, kernel)];
    if (bias) names.push(graph.floats(`${path}/bias`, [bias.length], bias));
    const x = inputs[0].toPlain();
    if (shape.length === 1) {
      return activate(
        call,
        Value.plain(graph, path, shape, graph.node(path, 'Gemm', [x, ...names])),
        step.config.activation,
      );
    }
    // With more than two axes, the last one is multiplied.
    const product = graph.node(path, 'MatMul', [x, names[0]]);
    const sum = bias ? graph.node(path, 'Add', [product, names[1]]) : product;
    return activate(call, Value.plain(graph, path, shape, sum), step.config.activation);
  },
};

function fold(
  { data }: Weight,
  bias: Weight | undefined,
  affine: ChannelAffine | undefined,
): readonly [ArrayLike<number>, ArrayLike<number> | undefined] {
  if (!affine) return [data, bias?.data];
  const { scale, offset } = affine;
  const units = scale.length;
  return [
    Float64Array.from(data, (value, at) => value * scale[at % units]),
    offset.map((value, u) => value + (bias?.data[u] ?? 0) * scale[u]),
  ];
}
