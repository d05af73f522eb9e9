import { Value } from '../value.js';
import { type LayerCall, refuseLayer, type Translate } from './call.js';

/** The layers that combine several tensors into one. */
export const MERGE_LAYERS: Readonly<Record<string, Translate>> = {
  Add: (call) => merge(call, (names) => call.graph.node(call.path, 'Sum', names)),
  Average: (call) => merge(call, (names) => call.graph.node(call.path, 'Mean', names)),
  Maximum: (call) => merge(call, (names) => call.graph.node(call.path, 'Max', names)),
  Minimum: (call) => merge(call, (names) => call.graph.node(call.path, 'Min', names)),
  Multiply: (call) =>
    merge(call, ([first, ...others]) => others.reduce((x, y) => call.graph.node(call.path, 'Mul', [x, y]), first)),
  Concatenate(call) {
    const { graph, path, step, shape, inputs } = call;
    const { axis: given = -1 } = step.config as { readonly axis?: number };
    const axis = given < 0 ? given + shape.length + 1 : given;
    if (inputs.some((x) => x.isChannelsFirst)) {
      const names = inputs.map((x) => x.toChannelsFirst());
      // Height, width and channels are axes 2, 3 and 1.
      const name = graph.node(path, 'Concat', names, { axis: [0, 2, 3, 1][axis] });
      return Value.channelsFirst(graph, path, shape, name);
    }
    return Value.plain(
      graph,
      path,
      shape,
      graph.node(
        path,
        'Concat',
        inputs.map((x) => x.toPlain()),
        { axis },
      ),
    );
  },
};

/** Elementwise; axes of size 1 are broadcast. */
function merge({ graph, path, step, shape, inputs }: LayerCall, operate: (names: readonly string[]) => string): Value {
  if (inputs.some((x) => x.shape.length !== shape.length)) {
    refuseLayer(step, `it takes tensors of different ranks, ${inputs.map((x) => x.shape.join('×')).join(' and ')}`);
  }
  if (inputs.some((x) => x.isChannelsFirst)) {
    return Value.channelsFirst(graph, path, shape, operate(inputs.map((x) => x.toChannelsFirst())));
  }
  return Value.plain(graph, path, shape, operate(inputs.map((x) => x.toPlain())));
}
