import {
  argmaxRows,
  type Classifier,
  type FeatureMatrix,
  type Labels,
  loadHead,
  memoryFolder,
  saveClassifier,
  softmaxRows,
} from 'fer-core';
import { describe, expect, it } from 'vitest';
import {
  calibrate,
  calibrateCV,
  crossValidate,
  ensemble,
  ensembleLoader,
  gridSearch,
  heads,
  linearL2SVM,
  nystroem,
  softmax,
} from '../src/index.js';
import { referenceData } from './reference.js';
import { rows } from './scores.js';

const { x, y } = referenceData(90, 6, 3);

/** A head of a user's own, whose methods need their `this`. */
class Means implements Classifier<FeatureMatrix> {
  classes: readonly string[] = [];
  means: number[][] = [];
  disposed = 0;

  async fit(features: FeatureMatrix, labels?: Labels) {
    this.classes = labels!.classes;
    this.means = this.classes.map((_, c) => {
      const own = [...labels!.labels.keys()].filter((i) => labels!.labels[i] === c);
      return Array.from({ length: features.columns }, (_, j) =>
        own.reduce((sum, i) => sum + features.data[i * features.columns + j] / own.length, 0),
      );
    });
    return { iterations: 1, converged: true, objective: 0, seconds: 0 };
  }

  async decisionFunction({ data, rows: n, columns }: FeatureMatrix): Promise<FeatureMatrix> {
    const k = this.means.length;
    const scores = Float32Array.from({ length: n * k }, (_, e) => {
      const [i, c] = [Math.floor(e / k), e % k];
      return -this.means[c].reduce((sum, mean, j) => sum + (data[i * columns + j] - mean) ** 2, 0);
    });
    return { data: scores, rows: n, columns: k };
  }

  async predict(features: FeatureMatrix) {
    return argmaxRows(await this.decisionFunction(features));
  }

  async predictProba(features: FeatureMatrix) {
    return softmaxRows(await this.decisionFunction(features));
  }

  async serialize() {
    return { kind: 'means', config: { means: this.means, classes: [...this.classes] }, files: new Map() };
  }

  dispose() {
    this.disposed++;
  }
}

describe('a class with methods of its own', () => {
  it('works in everything that holds heads', async () => {
    const made: [string, Classifier<FeatureMatrix>][] = [
      ['ensemble', ensemble([new Means(), new Means()])],
      ['vote', ensemble([new Means(), linearL2SVM()], { method: 'vote' })],
      ['nystroem', nystroem(new Means(), { components: 20 })],
    ];
    for (const [name, head] of made) {
      await head.fit(x, y);
      expect(await head.predict(x), name).toEqual(argmaxRows(await head.decisionFunction(x)));
      expect((await head.predictProba?.(x))?.rows ?? 90, name).toBe(90);
      expect((await head.serialize()).kind, name).toBeTypeOf('string');
      head.dispose();
    }
    const fitted = new Means();
    await fitted.fit(x, y);
    for (const method of ['temperature', 'sharedSigmoid'] as const) {
      const calibrated = await calibrate(fitted, x, y, { method });
      expect(await calibrated.predict(x)).toEqual(await fitted.predict(x));
      expect((await calibrated.serialize()).kind).toBe('calibrated');
    }
    expect((await calibrateCV(() => new Means(), x, y)).classes).toEqual(y.classes);
    expect((await crossValidate(() => new Means(), x, y)).score).toBeGreaterThan(0.3);
    expect((await gridSearch(() => new Means(), { any: [1] }, x, y, { folds: 3 })).head.means).toHaveLength(3);
  });
});

describe('fits that overtake predictions', () => {
  it.each<[string, () => Classifier<FeatureMatrix>]>([
    ['nystroem', () => nystroem(linearL2SVM({ C: 10 }), { components: 30, gamma: 0.1, seed: 1 })],
    ['ensemble', () => ensemble([softmax({ C: 1 }), softmax({ C: 0.1 })])],
    ['linearL2SVM', () => linearL2SVM({ C: 10 })],
  ])('%s: each answer is of one fit alone', async (_name, make) => {
    const other = { ...y, labels: y.labels.map((label) => (label + 1) % 3) };
    const [head, old, fresh] = [make(), make(), make()];
    await head.fit(x, y);
    await old.fit(x, y);
    await fresh.fit({ ...x, data: x.data.map((v) => 3 * v) }, other);
    const before = (await old.decisionFunction(x)).data;
    const after = (await fresh.decisionFunction(x)).data;
    const refit = head.fit({ ...x, data: x.data.map((v) => 3 * v) }, other);
    const answers = [];
    for (let t = 0; t < 20; t++) {
      answers.push(head.decisionFunction(x));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await refit;
    answers.push(head.decisionFunction(x));
    const equal = (a: Float32Array, b: Float32Array) => a.every((v, i) => v === b[i]);
    for (const { data } of await Promise.all(answers)) expect(equal(data, before) || equal(data, after)).toBe(true);
    expect(equal((await answers.at(-1)!).data, after)).toBe(true);
  });
});

describe('ensembles and what they hold', () => {
  it('a load that fails disposes of the members it has read', async () => {
    const loaded: Means[] = [];
    const member = { kind: 'means', config: {} };
    const config = { method: 'average', weights: [1, 1], members: [member, member] };
    const load = (second: () => Promise<never>) =>
      ensembleLoader.compose({ kind: 'ensemble', config, files: new Map() }, async () => {
        if (loaded.length === 1) return second();
        loaded.push(new Means());
        return loaded[0] as never;
      });
    await expect(load(() => Promise.reject(new Error('no loader')))).rejects.toThrow('no loader');
    expect(loaded[0].disposed).toBe(1);
  });

  it('dispose is idempotent, takes every member along, and passes on the first error', async () => {
    const [a, b] = [new Means(), new Means()];
    const both = ensemble([a, b, a]);
    both.dispose();
    both.dispose();
    expect([a.disposed, b.disposed]).toEqual([1, 1]);
    const failing = new Means();
    failing.dispose = () => {
      throw new Error('stuck');
    };
    const last = new Means();
    expect(() => ensemble([failing, last]).dispose()).toThrow('stuck');
    expect(last.disposed).toBe(1);
  });

  it('classes that contain line breaks are not taken for others', async () => {
    const scores = rows([1, 0, 0], [0, 1, 0]);
    const named = (classes: string[]) => Object.assign(new Means(), { classes, means: [[1], [2]] });
    expect(scores.rows).toBe(2);
    expect(() => ensemble([named(['a\nb', 'c']), named(['a', 'b\nc'])])).toThrow(/must be the same/);
  });

  it('saves and loads with names that objects have', async () => {
    const head = softmax();
    await head.fit(x, { ...y, classes: ['constructor', '__proto__', 'toString'] });
    const folder = memoryFolder();
    await saveClassifier(head, folder);
    expect((await loadHead(folder, heads)).classes).toEqual(['constructor', '__proto__', 'toString']);
  });
});
