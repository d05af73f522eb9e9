import { partFile } from 'fer-core';
import { checkColumns, type ExportHead, float64s } from './scored.js';

/** `linearL2SVM`: scores = x · weights + bias. */
export const linear: ExportHead = async (graph, part, features) => {
  const { kind, config } = part;
  checkColumns(kind, config.columns, features);
  const classes = config.classes as readonly string[];
  const [d, k] = [features.columns, classes.length];
  const numbers = float64s(partFile(part, 'weights.f64'));
  const weights = graph.floats('head/weights', [d, k], numbers.subarray(0, d * k));
  const bias = graph.floats('head/bias', [k], numbers.subarray(d * k));
  return { scores: graph.node('head', 'Gemm', [features.name, weights, bias]), classes };
};

/** `softmax`: the same scores, with probabilities. */
export const softmax: ExportHead = async (graph, part, features, exportInner) => {
  const { scores, classes } = await linear(graph, part, features, exportInner);
  return {
    scores,
    classes,
    probabilities: graph.node('head', 'Softmax', [scores], { axis: -1 }),
    logarithms: graph.node('head', 'LogSoftmax', [scores], { axis: -1 }),
  };
};
