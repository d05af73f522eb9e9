import {
  argmaxRows,
  breathe,
  bytesToFloat32,
  checkFeatures,
  checkImages,
  checkLabels,
  type FeatureExtractor,
  type FeatureMatrix,
  FerError,
  float32ToBytes,
  type Head,
  type Images,
  type Labels,
  type PartLoader,
  partFile,
  type RunOptions,
  resolveLabels,
  softmaxRows,
} from 'fer-core';

/** A backbone of one number: features are pixels times `gain`. */
export function tinyBackbone(gain = 0.5, outputSize = 4): FeatureExtractor<Images> & { disposed: boolean } {
  return {
    outputSize,
    disposed: false,
    async transform(x) {
      checkImages(x);
      return { data: Float32Array.from(x.images, (pixel) => pixel * gain), rows: x.n, columns: outputSize };
    },
    async serialize() {
      const files = new Map([
        ['model.json', new TextEncoder().encode('{}')],
        ['weights.bin', float32ToBytes(Float32Array.of(gain))],
      ]);
      return { kind: 'tiny', config: { outputSize, preprocessing: { scale: 1 / 255, tiny: 1e-7 } }, files };
    },
    dispose() {
      this.disposed = true;
    },
  };
}

export const tinyBackboneLoader: PartLoader<FeatureExtractor<Images>> = {
  kind: 'tiny',
  async load(part) {
    const [gain] = bytesToFloat32(partFile(part, 'weights.bin'), 1);
    return tinyBackbone(gain, part.config.outputSize as number);
  },
};

/** The nearest class mean: the least that is a head. */
export class MeansHead implements Head {
  classes: readonly string[] = [];
  protected means: Float32Array[] = [];

  async fit(x: FeatureMatrix, y?: Labels, { signal }: RunOptions = {}) {
    await breathe(signal);
    checkFeatures(x);
    const { labels, classes } = resolveLabels(x, y);
    checkLabels({ labels, classes }, x.rows);
    const counts = classes.map(() => 0);
    const sums = classes.map(() => new Float32Array(x.columns));
    for (let i = 0; i < x.rows; i++) {
      counts[labels[i]]++;
      for (let j = 0; j < x.columns; j++) sums[labels[i]][j] += x.data[i * x.columns + j];
    }
    this.means = sums.map((sum, c) => sum.map((value) => value / Math.max(1, counts[c])));
    this.classes = [...classes];
    return { iterations: 1, converged: true, objective: 0, seconds: 0 };
  }

  async decisionFunction(x: FeatureMatrix): Promise<FeatureMatrix> {
    if (this.means.length === 0) throw new FerError('NOT_FITTED', 'this head has no means: call fit first.');
    checkFeatures(x, this.means[0].length);
    const data = new Float32Array(x.rows * this.means.length);
    for (let i = 0; i < x.rows; i++) {
      for (const [c, mean] of this.means.entries()) {
        let squares = 0;
        for (let j = 0; j < x.columns; j++) squares += (x.data[i * x.columns + j] - mean[j]) ** 2;
        data[i * this.means.length + c] = -squares;
      }
    }
    return { data, rows: x.rows, columns: this.means.length };
  }

  async predict(x: FeatureMatrix) {
    return argmaxRows(await this.decisionFunction(x));
  }

  async serialize() {
    if (this.means.length === 0) throw new FerError('NOT_FITTED', 'this head has no means: call fit first.');
    const files = new Map([['means.bin', float32ToBytes(Float32Array.from(this.means.flatMap((mean) => [...mean])))]]);
    return { kind: 'means', config: { classes: this.classes, columns: this.means[0].length }, files };
  }

  dispose() {
    this.means = [];
  }

  static readonly loader: PartLoader<Head> = {
    kind: 'means',
    async load(part) {
      const head = new MeansHead();
      const { classes, columns } = part.config as { classes: string[]; columns: number };
      const data = bytesToFloat32(partFile(part, 'means.bin'), classes.length * columns);
      head.classes = classes;
      head.means = classes.map((_, c) => data.slice(c * columns, (c + 1) * columns));
      return head;
    },
  };
}

/** The same with probabilities. */
export class CalibratedMeansHead extends MeansHead {
  async predictProba(x: FeatureMatrix) {
    return softmaxRows(await this.decisionFunction(x));
  }
}
