import {
  argmaxRows,
  breathe,
  checkFeatures,
  checkLabels,
  type FeatureMatrix,
  FerError,
  type Head,
  type PartLoader,
  partFile,
  resolveLabels,
} from 'fer-core';
import KNN from 'ml-knn';

const toRows = ({ data, rows, columns }: FeatureMatrix): number[][] =>
  Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * columns, (i + 1) * columns)));

/** A custom head: k nearest neighbours by ml-knn. */
export function knnHead({
  k = 5,
  fitted,
}: {
  k?: number;
  fitted?: { knn: KNN; classes: string[]; d: number };
} = {}): Head {
  const decisionFunction = async (x: FeatureMatrix) => {
    if (!fitted) throw new FerError('NOT_FITTED', 'the head has not been fitted: call fit first.');
    checkFeatures(x, fitted.d);
    const data = new Float32Array(x.rows * fitted.classes.length);
    for (const [i, label] of fitted.knn.predict(toRows(x)).entries()) data[i * fitted.classes.length + label] = 1;
    return { data, rows: x.rows, columns: fitted.classes.length };
  };
  return {
    get classes() {
      return fitted?.classes ?? [];
    },
    async fit(x, y, options) {
      const start = performance.now();
      await breathe(options?.signal);
      checkFeatures(x);
      const { labels, classes } = resolveLabels(x, y);
      checkLabels({ labels, classes }, x.rows);
      fitted = { knn: new KNN(toRows(x), Array.from(labels), { k }), classes: [...classes], d: x.columns };
      return { iterations: 1, converged: true, objective: 0, seconds: (performance.now() - start) / 1000 };
    },
    decisionFunction,
    predict: async (x) => argmaxRows(await decisionFunction(x)),
    async serialize() {
      if (!fitted)
        throw new FerError('NOT_FITTED', 'the head has not been fitted, so it cannot be saved: call fit first.');
      const files = new Map([['knn.json', new TextEncoder().encode(JSON.stringify(fitted.knn))]]);
      return { kind: 'knn', config: { k, classes: fitted.classes, d: fitted.d }, files };
    },
    dispose() {},
  };
}

/** Loads a saved head: `loadClassifier(folder, { backbones, heads: [...heads, knnLoader] })`. */
export const knnLoader: PartLoader<Head> = {
  kind: 'knn',
  async load(part) {
    const { k, classes, d } = part.config as unknown as { k: number; classes: string[]; d: number };
    const knn = KNN.load(JSON.parse(new TextDecoder().decode(partFile(part, 'knn.json'))));
    return knnHead({ k, fitted: { knn, classes, d } });
  },
};
