import { type Classifier, type Dataset, type FeatureMatrix, type Images, pipe } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { evaluateOn } from '../../src/index.js';

const known = ['angry', 'happy', 'sad', 'neutral'];
/** Probabilities by image, which is told by its one pixel. */
const TABLE = [
  [0.7, 0.1, 0.1, 0.1],
  [0.3, 0.4, 0.3, 0],
  [0.1, 0.1, 0.2, 0.6],
  [0, 0.25, 0.5, 0.25],
];

function lookUp(images: Images, log: boolean): FeatureMatrix {
  const values = Array.from(images.images).flatMap((pixel) => TABLE[pixel]);
  return { data: Float32Array.from(values, (p) => (log ? 10 * p - 3 : p)), rows: images.n, columns: 4 };
}

const classifier = {
  classes: known,
  decisionFunction: async (images: Images) => lookUp(images, true),
  predictProba: async (images: Images) => lookUp(images, false),
} as unknown as Classifier<Images>;

function data(pixels: readonly number[], labels: readonly number[], classes: readonly string[]): Dataset {
  return {
    images: Uint8Array.from(pixels),
    n: pixels.length,
    height: 1,
    width: 1,
    channels: 1,
    classes,
    labels: Uint8Array.from(labels),
  };
}

describe('evaluateOn', () => {
  it('is evaluate where the classes are the same', async () => {
    const { evaluation, classes, dropped } = await evaluateOn(classifier, data([0, 1, 2, 3], [0, 1, 3, 0], known));
    expect(classes).toEqual(known);
    expect(evaluation.accuracy).toBe(0.75);
    expect(evaluation.ranking?.topK[0]).toBe(0.75);
    expect(evaluation.logLoss).toBeCloseTo(
      -(Math.log(0.7) + Math.log(0.4) + Math.log(0.6) + Math.log(2 ** -52)) / 4,
      6,
    );
    expect(dropped).toEqual({});
  });

  it('maps names, leaves classes out, and counts a class that the data have not as an error', async () => {
    const set = data([0, 1, 2, 3, 2], [0, 1, 0, 2, 2], ['happiness', 'anger', 'contempt']);
    const mapping = { happiness: 'happy', anger: 'angry', contempt: null };
    const result = await evaluateOn(classifier, set, { mapping });
    expect(result.classes).toEqual(['happy', 'angry', 'sad', 'neutral']);
    expect(result.dropped).toEqual({ contempt: 2 });
    expect([...result.rows]).toEqual([0, 1, 2]);
    expect([...result.actual]).toEqual([0, 1, 0]);
    // said: angry, happy, neutral
    expect([...result.predicted]).toEqual([1, 0, 3]);
    expect(result.evaluation.correct).toBe(0);
    expect(result.evaluation.perClass[3]).toMatchObject({ name: 'neutral', support: 0, predicted: 1, errorRate: null });

    const closed = await evaluateOn(classifier, set, { mapping, closedSet: true });
    expect(closed.classes).toEqual(['happy', 'angry']);
    expect([...closed.predicted]).toEqual([1, 0, 0]); // of equal ones the first class measured
    expect(closed.evaluation.calibration).toBeDefined();
  });

  it('merges by label or by probability, which may differ', async () => {
    const set = data([0, 1, 2, 3], [1, 1, 0, 1], ['neutral', 'negative', 'happy']);
    const mapping = { negative: ['angry', 'sad'] };
    const byLabel = await evaluateOn(classifier, set, { mapping });
    expect(byLabel.classes).toEqual(['neutral', 'negative', 'happy']);
    expect([...byLabel.predicted]).toEqual([1, 2, 0, 1]);
    expect(byLabel.evaluation.logLoss).toBeUndefined();
    expect(byLabel.evaluation.ranking).toBeUndefined();
    const byProbability = await evaluateOn(classifier, set, { mapping, merge: 'probability' });
    expect([...byProbability.predicted]).toEqual([1, 1, 0, 1]);
    const given = [0.8, 0.6, 0.6, 0.5];
    expect(byProbability.evaluation.logLoss).toBeCloseTo(-given.reduce((sum, p) => sum + Math.log(p), 0) / 4, 6);
  });

  it('joins classes of the data that stand for the same', async () => {
    const set = data([0, 0, 3], [0, 1, 2], ['rage', 'annoyance', 'sad']);
    const result = await evaluateOn(classifier, set, { mapping: { rage: 'angry', annoyance: ['angry'] } });
    expect([...result.actual]).toEqual([0, 0, 1]);
    expect(result.evaluation.accuracy).toBe(1);
  });

  it('runs a backbone once', async () => {
    let runs = 0;
    const backbone = {
      outputSize: 4,
      transform: async (images: Images) => {
        runs++;
        return lookUp(images, false);
      },
    };
    const head = {
      classes: known,
      fit: () => Promise.reject(new Error('not asked for')),
      predict: async ({ rows }: FeatureMatrix) => new Uint8Array(rows),
      decisionFunction: async (x: FeatureMatrix) => x,
      predictProba: async (x: FeatureMatrix) => x,
    };
    const { evaluation } = await evaluateOn(pipe(backbone as never, head as never), data([0, 1], [0, 1], known));
    expect([evaluation.accuracy, runs]).toEqual([1, 1]);
  });

  it.each([
    [
      'a class that stands for nothing',
      ['angry', 'contempt'],
      {},
      'INVALID_ARGUMENT',
      /"contempt" of the data stands for/,
    ],
    ['a class of the mapping that is not there', ['angry'], { joy: 'happy' }, 'INVALID_ARGUMENT', /"joy"/],
    ['a target that is not known', ['joy'], { joy: 'glad' }, 'INVALID_ARGUMENT', /"glad"/],
    ['an empty target', ['joy'], { joy: [] }, 'INVALID_ARGUMENT', /nothing/],
    ['a target of no name', ['joy'], { joy: ['happy', undefined as never] }, 'INVALID_ARGUMENT', /"undefined"/],
    ['overlapping classes', ['a', 'b'], { a: ['angry', 'sad'], b: 'sad' }, 'INVALID_ARGUMENT', /shares/],
    [
      'overlapping classes, the small one first',
      ['a', 'b'],
      { a: 'sad', b: ['angry', 'sad'] },
      'INVALID_ARGUMENT',
      /shares/,
    ],
    ['leaving out everything', ['a'], { a: null }, 'INVALID_ARGUMENT', /every class/],
    ['a name that is another class', ['sad'], { sad: ['angry', 'neutral'] }, 'INVALID_ARGUMENT', /rename/],
  ])('refuses %s', async (_, classes, mapping, code, message) => {
    const running = evaluateOn(classifier, data([0], [0], classes), { mapping });
    await expect(running).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('refuses scores that are no numbers, which no class would win', async () => {
    const diverged = async (images: Images) => {
      const { data, ...shape } = lookUp(images, true);
      return { ...shape, data: data.fill(Number.NaN) };
    };
    const broken = { classes: known, decisionFunction: diverged } as unknown as Classifier<Images>;
    const mapping = { bad: ['angry', 'sad'] };
    await expect(evaluateOn(broken, data([0], [0], ['bad']), { mapping })).rejects.toMatchObject({
      code: 'INVALID_DATA',
    });
  });

  it('refuses rows that are all left out, and probabilities that are not there', async () => {
    const set = data([0], [1], ['angry', 'contempt']);
    const mapping = { contempt: null };
    await expect(evaluateOn(classifier, set, { mapping })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    const bare = { ...classifier, predictProba: undefined };
    await expect(evaluateOn(bare, set, { mapping, merge: 'probability' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });
});
