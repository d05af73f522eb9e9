import { Value } from '../value.js';
import { scalar } from './activations.js';
import { type ChannelAffine, type LayerCall, refuseLayer, type Translate } from './call.js';

/** y = x · γ/√(σ² + ε) + β − μ · γ/√(σ² + ε): batch normalisation in inference. */
export function batchNormAffine({ step, weights }: Pick<LayerCall, 'step' | 'weights'>): ChannelAffine {
  const { scale: scales, center, epsilon } = step.config as Readonly<Record<string, number>>;
  const [mean, variance] = weights.slice(-2).map(({ data }) => data);
  const gamma = scales ? weights[0].data : undefined;
  const beta = center ? weights[weights.length - 3].data : undefined;
  const scale = Float64Array.from(variance, (value, c) => (gamma?.[c] ?? 1) / Math.sqrt(value + epsilon));
  return { scale, offset: scale.map((factor, c) => (beta?.[c] ?? 0) - mean[c] * factor) };
}

/** The layers that normalise or scale. */
export const NORMALISATION_LAYERS: Readonly<Record<string, Translate>> = {
  BatchNormalization(call) {
    const { graph, path, inputs } = call;
    const { scale, offset } = batchNormAffine(call);
    const [x] = inputs;
    const shape = x.isChannelsFirst ? [scale.length, 1, 1] : [scale.length];
    const product = graph.node(path, 'Mul', [x.name, graph.floats(`${path}/scale`, shape, scale)]);
    return x.like(path, x.shape, graph.node(path, 'Add', [product, graph.floats(`${path}/offset`, shape, offset)]));
  },
  LayerNormalization({ graph, path, step, inputs: [x], weights }) {
    const { axis, epsilon, center, scale } = step.config as {
      readonly axis: number | readonly number[];
      readonly epsilon: number;
      readonly center: boolean;
      readonly scale: boolean;
    };
    const rank = x.shape.length + 1;
    const axes = [axis].flat().map((a) => (a < 0 ? a + rank : a));
    const first = rank - axes.length;
    if (axes.some((a, i) => a !== first + i)) refuseLayer(step, `it normalises the axes [${axes}], not the last ones`);
    const shape = x.shape.slice(first - 1);
    const ones = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1);
    const inputs = [x.toPlain(), graph.floats(`${path}/gamma`, shape, scale ? weights[0].data : ones)];
    if (center) inputs.push(graph.floats(`${path}/beta`, shape, weights[weights.length - 1].data));
    const name = graph.node(path, 'LayerNormalization', inputs, { axis: first, epsilon: { float: epsilon } });
    return Value.plain(graph, path, x.shape, name);
  },
  Rescaling({ graph, path, step, inputs: [x] }) {
    const { scale, offset } = step.config as Readonly<Record<'scale' | 'offset', number>>;
    const product = graph.node(path, 'Mul', [x.name, scalar(graph, path, scale)]);
    return x.like(path, x.shape, graph.node(path, 'Add', [product, scalar(graph, path, offset)]));
  },
};
