import { FerError, type JsonObject } from 'fer-core';
import type { GraphBuilder, Name } from '../../model/graphBuilder.js';
import { scalar } from '../layers/activations.js';
import type { Scored } from './scored.js';

/** The logarithm used for a probability of 0, as in fer-heads: that of half the smallest float32. */
const LEAST_LOGARITHM = -150 * Math.LN2;

/**
 * `calibrate`: probabilities computed from the scores or probabilities of the inner classifier. Its scores are its
 * probabilities.
 */
export function calibrated(graph: GraphBuilder, config: JsonObject, below: Scored): Scored {
  const probabilities = probabilitiesOf(graph, config, below);
  return { scores: probabilities, probabilities, classes: below.classes };
}

function probabilitiesOf(graph: GraphBuilder, { method, numbers }: JsonObject, below: Scored): Name {
  const path = 'calibration';
  const lists = numbers as readonly (readonly number[])[];
  const column = (name: string, at: number, sign: number) =>
    graph.floats(
      `${path}/${name}`,
      lists.length === 1 ? [] : [lists.length],
      lists.map((list) => sign * list[at]),
    );
  if (method === 'temperature') {
    const logits = graph.node(path, 'Div', [logarithmsOf(graph, below), scalar(graph, path, lists[0][0])]);
    return graph.node(path, 'Softmax', [logits], { axis: -1 });
  }
  if (method === 'vector') {
    const scaled = graph.node(path, 'Mul', [logarithmsOf(graph, below), column('scale', 0, 1)]);
    return graph.node(path, 'Softmax', [graph.node(path, 'Add', [scaled, column('shift', 1, 1)])], { axis: -1 });
  }
  if (method === 'sharedSigmoid' || method === 'sigmoid') {
    // p = 1 / (1 + exp(u)), u = slope · score + intercept, divided by their sum: the softmax of log p = −softplus(u).
    const product = graph.node(path, 'Mul', [below.scores, column('slope', 0, 1)]);
    const u = graph.node(path, 'Add', [product, column('intercept', 1, 1)]);
    const logarithms = graph.node(path, 'Neg', [graph.node(path, 'Softplus', [u])]);
    return graph.node(path, 'Softmax', [logarithms], { axis: -1 });
  }
  if (method === 'isotonic') return isotonic(graph, path, below.scores, lists);
  throw new FerError(
    'UNSUPPORTED',
    `the calibration "${String(method)}" can't be exported to ONNX: use a later version.`,
  );
}

/** The input of temperature and vector scaling: logarithms of probabilities, or scores if there are no probabilities. */
function logarithmsOf(graph: GraphBuilder, { scores, probabilities, logarithms }: Scored): Name {
  if (!probabilities) return scores;
  const found = logarithms ?? graph.node('calibration', 'Log', [probabilities]);
  return graph.node('calibration', 'Max', [found, scalar(graph, 'calibration', LEAST_LOGARITHM)]);
}

/** A piecewise linear, increasing function per class: p₀ + Σ Δp · clip((s − s₀) / Δs, 0, 1). */
function isotonic(graph: GraphBuilder, path: string, scores: Name, lists: readonly (readonly number[])[]): Name {
  const number = (value: number) => scalar(graph, path, value);
  const each = lists.map((both, c) => {
    const [points, values] = [both.slice(0, both.length / 2), both.slice(both.length / 2)];
    const own = graph.node(path, 'Gather', [scores, graph.integers(`${path}/class`, [c])], { axis: 1 });
    if (points.length === 1) {
      return graph.node(path, 'Add', [graph.node(path, 'Mul', [own, number(0)]), number(values[0])]);
    }
    const steps = points.slice(1).map((point, i) => [points[i], point - points[i], values[i + 1] - values[i]] as const);
    const row = (name: string, at: 0 | 1) =>
      graph.floats(
        `${path}/${name}`,
        [1, steps.length],
        steps.map((step) => step[at]),
      );
    const shares = graph.node(path, 'Div', [graph.node(path, 'Sub', [own, row('from', 0)]), row('width', 1)]);
    const rise = graph.floats(
      `${path}/rise`,
      [steps.length, 1],
      steps.map((step) => step[2]),
    );
    const clipped = graph.node(path, 'Clip', [shares, number(0), number(1)]);
    return graph.node(path, 'Add', [graph.node(path, 'MatMul', [clipped, rise]), number(values[0])]);
  });
  const all = graph.node(path, 'Concat', each, { axis: 1 });
  const sum = graph.node(path, 'ReduceSum', [all, graph.integers('axis', [1])], { keepdims: 1 });
  // If every class has 0, all get the same probability.
  const none = graph.node(path, 'LessOrEqual', [sum, number(0)]);
  const divisor = graph.node(path, 'Where', [none, number(lists.length), sum]);
  return graph.node(path, 'Div', [graph.node(path, 'Where', [none, number(1), all]), divisor]);
}
