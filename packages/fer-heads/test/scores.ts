import { argmaxRows, type Classifier, type FeatureMatrix, type PartLoader, softmaxRows } from 'fer-core';

/** A classifier whose features are its scores: what wraps classifiers can be tested on numbers known to all digits. */
export function given(classes: readonly string[], probabilities = false): Classifier<FeatureMatrix> {
  return {
    classes,
    fit: async () => ({ iterations: 1, converged: true, objective: 1, seconds: 0 }),
    decisionFunction: async (x) => x,
    predict: async (x) => argmaxRows(x),
    ...(probabilities && { predictProba: async (x: FeatureMatrix) => softmaxRows(x) }),
    serialize: async () => ({ kind: 'given', config: { classes, probabilities }, files: new Map() }),
    dispose: () => {},
  };
}

export const givenLoader: PartLoader<Classifier<FeatureMatrix>> = {
  kind: 'given',
  load: async ({ config }) => given(config.classes as string[], config.probabilities as boolean),
};

export function rows(...values: readonly (readonly number[])[]): FeatureMatrix {
  return { data: Float32Array.from(values.flat()), rows: values.length, columns: values[0].length };
}
