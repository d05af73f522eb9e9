import type { JsonObject } from 'fer-core';
import type { GraphBuilder, Name } from '../../model/graphBuilder.js';
import { scalar } from '../layers/activations.js';
import type { Scored } from './scored.js';

/** `ensemble`: the weighted mean of its members' probabilities, scores or votes. */
export function ensemble(graph: GraphBuilder, { method, weights }: JsonObject, members: readonly Scored[]): Scored {
  const [{ classes }] = members;
  const given = weights as readonly number[];
  // Relative to the largest, since the sum of large weights overflows.
  const largest = Math.max(...given);
  const total = given.reduce((sum, weight) => sum + weight / largest, 0);
  const shares = given.map((weight) => weight / largest / total);
  if (method === 'vote') {
    return {
      scores: mean(
        graph,
        members.map(({ scores }) => vote(graph, scores, classes.length)),
        shares,
      ),
      classes,
    };
  }
  if (members.some(({ probabilities }) => !probabilities)) {
    return {
      scores: mean(
        graph,
        members.map(({ scores }) => scores),
        shares,
      ),
      classes,
    };
  }
  const probabilities = mean(
    graph,
    members.map((member) => member.probabilities!),
    shares,
  );
  return { scores: probabilities, probabilities, classes };
}

function mean(graph: GraphBuilder, names: readonly Name[], shares: readonly number[]): Name {
  const scaled = names.map((name, m) => graph.node('ensemble', 'Mul', [name, scalar(graph, 'ensemble', shares[m])]));
  return graph.node('ensemble', 'Sum', scaled);
}

/** 1 for the first of the largest scores of a row, 0 for the others. */
function vote(graph: GraphBuilder, scores: Name, k: number): Name {
  const best = graph.node('vote', 'ArgMax', [scores], { axis: 1, keepdims: 0 });
  return graph.node('vote', 'OneHot', [
    best,
    graph.integers('vote/depth', [k]),
    graph.floats('vote/values', [2], [0, 1]),
  ]);
}
