import { Value } from '../value.js';
import { demandChannelsLast, type LayerCall, pair, refuseLayer, type Translate } from './call.js';

type Sides = readonly [number, number];

/** The layers that rearrange values, or crop and pad images. */
export const SHAPE_LAYERS: Readonly<Record<string, Translate>> = {
  Flatten(call) {
    demandChannelsLast(call);
    const { graph, path, shape, inputs } = call;
    return Value.plain(graph, path, shape, graph.node(path, 'Flatten', [inputs[0].toPlain()], { axis: 1 }));
  },
  Reshape({ graph, path, shape, inputs: [x] }) {
    // 0 means the size of the batch.
    const sizes = graph.integers(`${path}/shape`, [0, ...shape]);
    return Value.plain(graph, path, shape, graph.node(path, 'Reshape', [x.toPlain(), sizes]));
  },
  Permute({ graph, path, step, shape, inputs: [x] }) {
    const { dims } = step.config as { readonly dims: readonly number[] };
    return Value.plain(graph, path, shape, graph.node(path, 'Transpose', [x.toPlain()], { perm: [0, ...dims] }));
  },
  ZeroPadding2D(call) {
    demandChannelsLast(call);
    const { graph, path, step, shape, inputs } = call;
    const [[top, bottom], [left, right]] = step.config.padding as readonly [Sides, Sides];
    const pads = graph.integers(`${path}/pads`, [0, 0, top, left, 0, 0, bottom, right]);
    const name = graph.node(path, 'Pad', [inputs[0].toChannelsFirst(), pads], { mode: 'constant' });
    return Value.channelsFirst(graph, path, shape, name);
  },
  Cropping2D(call) {
    demandChannelsLast(call);
    const { graph, path, step, shape, inputs } = call;
    const [[top], [left]] = step.config.cropping as readonly [Sides, Sides];
    const name = graph.node(path, 'Slice', [
      inputs[0].toChannelsFirst(),
      graph.integers(`${path}/starts`, [top, left]),
      graph.integers(`${path}/ends`, [top + shape[0], left + shape[1]]),
      graph.integers(`${path}/axes`, [2, 3]),
    ]);
    return Value.channelsFirst(graph, path, shape, name);
  },
  UpSampling2D(call) {
    demandChannelsLast(call);
    const { graph, path, step, shape, inputs } = call;
    const { interpolation = 'nearest' } = step.config;
    if (interpolation !== 'nearest') refuseLayer(step, `its interpolation is "${interpolation}"`);
    const scales = graph.floats(`${path}/scales`, [4], [1, 1, ...pair(step.config.size, 2)]);
    const name = graph.node(path, 'Resize', [inputs[0].toChannelsFirst(), '', scales], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
    return Value.channelsFirst(graph, path, shape, name);
  },
};

/** Layers that do nothing in inference. */
export const PASSING_LAYERS: Readonly<Record<string, Translate>> = Object.fromEntries(
  ['InputLayer', 'Dropout', 'SpatialDropout1D', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout'].map((kind) => [
    kind,
    ({ inputs }: LayerCall) => inputs[0],
  ]),
);
