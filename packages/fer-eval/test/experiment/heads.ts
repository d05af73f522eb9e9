import { type FeatureMatrix, FerError, type Head, type JsonObject, resolveLabels } from 'fer-core';
import { serveHeads } from 'fer-eval/node';

/** The class whose mean is nearest, found slowly: a fit keeps its thread busy for `milliseconds`. */
function nearestMean(seed: number, power: number, milliseconds: number): Head {
  let classes: readonly string[] = [];
  let means: Float64Array[] = [];
  const score = async ({ data, rows, columns }: FeatureMatrix): Promise<FeatureMatrix> => {
    const scores = new Float32Array(rows * classes.length);
    for (let i = 0; i < rows; i++) {
      for (const [c, mean] of means.entries()) {
        let sum = 0;
        for (let j = 0; j < columns; j++) sum += Math.abs(data[i * columns + j] - mean[j]) ** power;
        scores[i * classes.length + c] = -sum - (seed % 7) * 1e-3;
      }
    }
    return { data: scores, rows, columns: classes.length };
  };
  return {
    get classes() {
      return classes;
    },
    async fit(x, given) {
      const { data, rows, columns } = x;
      const y = resolveLabels(x, given);
      const until = performance.now() + milliseconds;
      while (performance.now() < until);
      classes = y.classes;
      means = classes.map((_, c) => {
        const mean = new Float64Array(columns);
        let count = 0;
        for (let i = 0; i < rows; i++) {
          if (y.labels[i] !== c) continue;
          count++;
          for (let j = 0; j < columns; j++) mean[j] += data[i * columns + j];
        }
        return mean.map((sum) => sum / count);
      });
      return { iterations: 1, converged: true, objective: 0, seconds: 0 };
    },
    decisionFunction: score,
    predict: () => Promise.reject(new Error('not asked for')),
    serialize: () => Promise.reject(new Error('not asked for')),
    dispose() {},
  };
}

const MILLISECONDS = Number(process.env.FIT_MILLISECONDS ?? 0);

const entry = (name: string, options: JsonObject & { power: number }) => ({
  name,
  options,
  make: ({ seed }: { readonly seed: number }) => nearestMean(seed, options.power, MILLISECONDS),
});

export const heads = serveHeads([entry('absolute', { power: 1 }), entry('squared', { power: 2 })]);

/** Served by no thread that an experiment should start. */
export const failing = {
  name: 'failing',
  make: () => {
    throw new FerError('DIVERGED', 'it left the finite numbers.');
  },
};
