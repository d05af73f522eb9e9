import type { Step } from 'fer-backbones';
import type { GraphBuilder, Name } from '../../model/graphBuilder.js';
import { Value } from '../value.js';
import { type LayerCall, refuseLayer, type Translate } from './call.js';

/** Nodes that are applied elementwise. */
const POINTWISE: Readonly<Record<string, (graph: GraphBuilder, path: string, x: Name) => Name>> = {
  relu: (graph, path, x) => graph.node(path, 'Relu', [x]),
  relu6: (graph, path, x) => clip(graph, path, x, 0, 6),
  elu: (graph, path, x) => graph.node(path, 'Elu', [x]),
  selu: (graph, path, x) => graph.node(path, 'Selu', [x]),
  sigmoid: (graph, path, x) => graph.node(path, 'Sigmoid', [x]),
  hardSigmoid: (graph, path, x) =>
    graph.node(path, 'HardSigmoid', [x], { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
  softplus: (graph, path, x) => graph.node(path, 'Softplus', [x]),
  softsign: (graph, path, x) => graph.node(path, 'Softsign', [x]),
  tanh: (graph, path, x) => graph.node(path, 'Tanh', [x]),
  swish: (graph, path, x) => graph.node(path, 'Mul', [x, graph.node(path, 'Sigmoid', [x])]),
  mish(graph, path, x) {
    const softplus = graph.node(path, 'Softplus', [x]);
    return graph.node(path, 'Mul', [x, graph.node(path, 'Tanh', [softplus])]);
  },
  /** x/2 · (1 + erf(x/√2)): opset 17 has no operator for it. */
  gelu(graph, path, x) {
    const scaled = graph.node(path, 'Mul', [x, scalar(graph, path, Math.SQRT1_2)]);
    const gate = graph.node(path, 'Add', [graph.node(path, 'Erf', [scaled]), scalar(graph, path, 1)]);
    return graph.node(path, 'Mul', [graph.node(path, 'Mul', [x, gate]), scalar(graph, path, 0.5)]);
  },
};

/** Activations over the last axis. */
const OVER_CHANNELS: Readonly<Record<string, string>> = { softmax: 'Softmax', logSoftmax: 'LogSoftmax' };

/** An activation of tfjs-layers, given by its name. */
export function activate(call: Pick<LayerCall, 'graph' | 'path' | 'step'>, x: Value, activation: unknown): Value {
  const { graph, path, step } = call;
  if (activation === undefined || activation === null || activation === 'linear') return x;
  const name = String(activation);
  if (Object.hasOwn(POINTWISE, name)) return x.like(path, x.shape, POINTWISE[name](graph, path, x.name));
  if (Object.hasOwn(OVER_CHANNELS, name)) return overAxis(call, x, OVER_CHANNELS[name], -1);
  return refuseLayer(step, `its activation is "${name}"`);
}

function overAxis({ graph, path }: Pick<LayerCall, 'graph' | 'path'>, x: Value, operator: string, axis: number): Value {
  return Value.plain(graph, path, x.shape, graph.node(path, operator, [x.toPlain()], { axis }));
}

function clip(graph: GraphBuilder, path: string, x: Name, least: number, most: number): Name {
  return graph.node(path, 'Clip', [x, scalar(graph, path, least), scalar(graph, path, most)]);
}

/** One number. */
export function scalar(graph: GraphBuilder, path: string, value: number): Name {
  return graph.floats(`${path}/number`, [], [value]);
}

/** The activation layers. */
export const ACTIVATION_LAYERS: Readonly<Record<string, Translate>> = {
  Activation: (call) => activate(call, call.inputs[0], call.step.config.activation),
  ReLU({ graph, path, step, inputs: [x] }) {
    const { maxValue } = step.config as { readonly maxValue?: number | null };
    const name =
      maxValue === undefined || maxValue === null
        ? graph.node(path, 'Relu', [x.name])
        : clip(graph, path, x.name, 0, maxValue);
    return x.like(path, x.shape, name);
  },
  LeakyReLU: (call) => withAlpha(call, 'LeakyRelu', call.step.config.alpha),
  ELU: (call) => withAlpha(call, 'Elu', call.step.config.alpha),
  ThresholdedReLU: (call) => withAlpha(call, 'ThresholdedRelu', call.step.config.theta),
  Softmax: (call) => overAxis(call, call.inputs[0], 'Softmax', axisOf(call.step)),
  PReLU({ graph, path, inputs: [x], weights: [alpha] }) {
    const slope = graph.floats(`${path}/alpha`, alpha.shape, alpha.data);
    return Value.plain(graph, path, x.shape, graph.node(path, 'PRelu', [x.toPlain(), slope]));
  },
};

function withAlpha({ graph, path, inputs: [x] }: LayerCall, operator: string, alpha: unknown): Value {
  return x.like(path, x.shape, graph.node(path, operator, [x.name], { alpha: { float: alpha as number } }));
}

function axisOf(step: Step): number {
  const { axis = -1 } = step.config;
  if (typeof axis !== 'number') refuseLayer(step, `its axis is ${JSON.stringify(axis)}`);
  return axis;
}
