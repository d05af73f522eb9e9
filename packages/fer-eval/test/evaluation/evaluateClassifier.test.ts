import {
  type Classifier,
  type Dataset,
  type FeatureExtractor,
  type FeatureMatrix,
  type Head,
  type Images,
  pipe,
  type RunOptions,
  softmaxRows,
} from 'fer-core';
import { describe, expect, it } from 'vitest';
import { evaluate, evaluateClassifier, evaluateHead, evaluateOn, robustness } from '../../src/index.js';

const classes = ['dark', 'grey', 'light'];
const dataset: Dataset = {
  images: Uint8Array.of(10, 120, 240, 100, 130, 20),
  labels: Uint8Array.of(0, 1, 2, 0, 1, 2),
  n: 6,
  height: 1,
  width: 1,
  channels: 1,
  classes,
};
/** Scores by hand: −|pixel − 0|, −|pixel − 128|, −|pixel − 255|, over 32; so 100 and 20 are taken for grey and dark. */
const predicted = Uint8Array.of(0, 1, 2, 1, 1, 0);

/** Classes with state, so that a method called apart from its object fails. */
class Pixels implements FeatureExtractor<Images> {
  readonly outputSize = 1;
  transforms = 0;
  async transform({ images, n }: Images): Promise<FeatureMatrix> {
    this.transforms++;
    return { data: Float32Array.from(images), rows: n, columns: this.outputSize };
  }
  serialize(): Promise<never> {
    return Promise.reject(new Error('not asked for'));
  }
  dispose(): void {}
}

class Nearest implements Head {
  readonly classes = classes;
  readonly #centres = [0, 128, 255];
  readonly signals: (AbortSignal | undefined)[] = [];
  async fit(): Promise<never> {
    throw new Error('not asked for');
  }
  async decisionFunction({ data, rows }: FeatureMatrix, run?: RunOptions): Promise<FeatureMatrix> {
    this.signals.push(run?.signal);
    const scores = [...data].flatMap((pixel) => this.#centres.map((centre) => -Math.abs(pixel - centre) / 32));
    return { data: Float32Array.from(scores), rows, columns: 3 };
  }
  predict(): Promise<never> {
    return Promise.reject(new Error('not asked for'));
  }
  serialize(): Promise<never> {
    return Promise.reject(new Error('not asked for'));
  }
  dispose(): void {}
}

class Probable extends Nearest {
  async predictProba(x: FeatureMatrix): Promise<FeatureMatrix> {
    return softmaxRows(await this.decisionFunction(x));
  }
}

describe('evaluateClassifier', () => {
  it.each([
    ['margins', new Nearest()],
    ['probabilities', new Probable()],
  ])('runs the backbone once for %s, and evaluates them', async (_, head) => {
    const backbone = new Pixels();
    const { signal } = new AbortController();
    const found = await evaluateClassifier(pipe(backbone, head), dataset, { signal });
    expect(backbone.transforms).toBe(1);
    expect(head.signals[0]).toBe(signal);
    expect(found.predicted).toEqual(predicted);
    expect(found.scores).toEqual(await head.decisionFunction(await new Pixels().transform(dataset)));
    const probabilities = head instanceof Probable ? softmaxRows(found.scores) : undefined;
    expect(found.probabilities).toEqual(probabilities);
    const { scores } = found;
    expect(found.evaluation).toEqual(evaluate({ actual: dataset.labels, predicted, classes, scores, probabilities }));
    expect(found.evaluation.accuracy).toBe(4 / 6);
  });

  it('asks a classifier that is no pipe as a whole', async () => {
    const { backbone, head, ...whole } = pipe(new Pixels(), new Nearest());
    const found = await evaluateClassifier(whole satisfies Classifier<Images>, dataset);
    expect(found.predicted).toEqual(predicted);
    expect(found.probabilities).toBeUndefined();
  });

  it.each([
    ['classes in another order', { ...dataset, classes: ['light', 'grey', 'dark'] }, /same order. Use evaluateOn/],
    [
      'other classes',
      { ...dataset, classes: ['a', 'b', 'c'] },
      /knows \[dark, grey, light\], the data have \[a, b, c\]/,
    ],
    ['no rows', { ...dataset, n: 0, images: new Uint8Array(), labels: new Uint8Array() }, /at least one/],
  ])('refuses %s', async (_, data, message) => {
    const running = evaluateClassifier(pipe(new Pixels(), new Nearest()), data);
    await expect(running).rejects.toThrow(message);
    await expect(running).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });
});

describe('evaluateHead', () => {
  it('measures a head on features', async () => {
    const features = await new Pixels().transform(dataset);
    const found = await evaluateHead(new Probable(), features, dataset);
    expect(found).toEqual(await evaluateClassifier(pipe(new Pixels(), new Probable()), dataset));
  });

  it('refuses labels that do not match, other classes, and scores that are not finite', async () => {
    const features = await new Pixels().transform(dataset);
    const invalid = { code: 'INVALID_DATA' };
    const short = { labels: dataset.labels.slice(1), classes };
    await expect(evaluateHead(new Nearest(), features, short)).rejects.toMatchObject(invalid);
    const other = { labels: dataset.labels, classes: ['a', 'b', 'c'] };
    await expect(evaluateHead(new Nearest(), features, other)).rejects.toMatchObject(invalid);
    const bad = new Nearest();
    bad.decisionFunction = async ({ rows }) => ({
      data: new Float32Array(rows * 3).fill(Number.NaN),
      rows,
      columns: 3,
    });
    await expect(evaluateHead(bad, features, dataset)).rejects.toMatchObject(invalid);
  });

  it('says so of a classifier that is not fitted, or was disposed', async () => {
    const empty = new Nearest();
    Object.defineProperty(empty, 'classes', { value: [] });
    const unfitted = { code: 'NOT_FITTED', message: expect.stringContaining('fit it first') };
    await expect(evaluateClassifier(pipe(new Pixels(), empty), dataset)).rejects.toMatchObject(unfitted);
    await expect(evaluateOn(pipe(new Pixels(), empty), dataset)).rejects.toMatchObject(unfitted);
    await expect(robustness(pipe(new Pixels(), empty), dataset)).rejects.toMatchObject(unfitted);
  });
});
