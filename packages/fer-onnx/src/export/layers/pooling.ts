import { Value } from '../value.js';
import { demandChannelsLast, type LayerCall, paddingOf, pair, type Translate } from './call.js';

/** The pooling layers. */
export const POOLING_LAYERS: Readonly<Record<string, Translate>> = {
  MaxPooling2D: (call) => pool(call, 'MaxPool', {}),
  // At the edges, TensorFlow averages only the pixels inside the image.
  AveragePooling2D: (call) => pool(call, 'AveragePool', { count_include_pad: 0 }),
  GlobalMaxPooling2D: (call) => poolAll(call, 'GlobalMaxPool'),
  GlobalAveragePooling2D: (call) => poolAll(call, 'GlobalAveragePool'),
};

function pool(call: LayerCall, operator: string, attributes: Readonly<Record<string, number>>): Value {
  demandChannelsLast(call);
  const { graph, path, step, shape, inputs } = call;
  const [x] = inputs;
  const window = pair(step.config.poolSize, 2);
  const strides = pair(step.config.strides ?? step.config.poolSize, 2);
  const pads = paddingOf(step, x.shape, window, strides);
  const name = graph.node(path, operator, [x.toChannelsFirst()], {
    ...attributes,
    kernel_shape: window,
    strides,
    pads,
  });
  return Value.channelsFirst(graph, path, shape, name);
}

function poolAll(call: LayerCall, operator: string): Value {
  demandChannelsLast(call);
  const { graph, path, shape, inputs } = call;
  const pooled = graph.node(path, operator, [inputs[0].toChannelsFirst()]);
  return Value.plain(graph, path, shape, graph.node(path, 'Flatten', [pooled], { axis: 1 }));
}
