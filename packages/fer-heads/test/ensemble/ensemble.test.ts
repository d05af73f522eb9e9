import { type JsonObject, loadClassifier, loadHead, memoryFolder, pipe, saveClassifier, softmaxRows } from 'fer-core';
import { checkHead } from 'fer-core/testing';
import { describe, expect, it } from 'vitest';
import { tinyBackbone, tinyBackboneLoader } from '../../../fer-core/test/tiny.js';
import {
  calibrate,
  type EnsembleOptions,
  ensemble,
  ensembleLoader,
  heads,
  linearL2SVM,
  softmax,
} from '../../src/index.js';
import { referenceData } from '../reference.js';
import { given, givenLoader, rows } from '../scores.js';

const CLASSES = ['a', 'b', 'c'];
const { x, y } = referenceData(60, 4, 3);
const faces = { images: Uint8Array.from(x.data, (v) => 30 * v), n: 60, height: 2, width: 2, channels: 1 };

/** A member that answers with the scores given, whatever it is asked. */
const answering = (scores: number[][], probabilities = false) => {
  const member = given(CLASSES, probabilities);
  const answer = rows(...scores);
  return {
    ...member,
    decisionFunction: async () => answer,
    predict: () => member.predict(answer),
    ...(probabilities && { predictProba: async () => softmaxRows(answer) }),
  };
};

describe('ensemble', () => {
  it('keeps what heads promise', async () => {
    await checkHead(() => ensemble([softmax({ C: 1 }), softmax({ C: 0.1 })]), heads);
    await checkHead(() => ensemble([linearL2SVM(), softmax(), softmax({ C: 1 })], { method: 'vote' }), heads);
  });

  it('averages probabilities, by weight', async () => {
    const [one, two] = [answering([[Math.log(8), 0, 0]], true), answering([[0, Math.log(3), 0]], true)];
    const both = ensemble([one, two], { weights: [1, 3] });
    // Of [.8, .1, .1] and three times [.2, .6, .2].
    const expected = [0.35, 0.475, 0.175];
    for (const scores of [await both.predictProba!(x), await both.decisionFunction(x)]) {
      expected.forEach((p, c) => void expect(scores.data[c]).toBeCloseTo(p, 6));
    }
    expect([...(await both.predict(x))]).toEqual([1]);
  });

  it('averages raw scores where no member has probabilities, and promises none', async () => {
    const both = ensemble([answering([[4, 0, 1]]), answering([[-2, 1, 1]])]);
    expect([...(await both.decisionFunction(x)).data]).toEqual([1, 0.5, 1]);
    expect([...(await both.predict(x))]).toEqual([0]);
    expect(both.predictProba).toBeUndefined();
  });

  it('counts votes; ties go to the first class', async () => {
    const a = answering([
      [1, 0, 0],
      [0, 0, 9],
    ]);
    const b = answering([
      [0, 1, 0],
      [0, 5, 0],
    ]);
    const c = answering([
      [0, 1, 0],
      [3, 0, 0],
    ]);
    const votes = ensemble([a, b, c], { method: 'vote' });
    expect([...(await votes.predict(x))]).toEqual([1, 0]);
    const scores = await votes.decisionFunction(x);
    [0, 2 / 3, 0].forEach((share, k) => void expect(scores.data[k]).toBeCloseTo(k === 0 ? 1 / 3 : share, 6));
    expect(votes.predictProba).toBeUndefined();
    const weighed = ensemble([a, b, c], { method: 'vote', weights: [0.3, 0.1, 0.2] });
    // .3 for the first, .1 + .2 for the second: as many, whatever their rounding.
    expect([...(await weighed.predict(x))]).toEqual([0, 2]);
  });

  it('is saved and loaded with all members, over features and over images', async () => {
    const members = [softmax({ C: 1 }), softmax({ C: 0.01 })];
    const head = ensemble(members, { weights: [2, 1] });
    const fit = await head.fit(x, y);
    expect(fit.converged).toBe(true);
    const folder = memoryFolder();
    await saveClassifier(head, folder);
    const loaded = await loadHead(folder, heads);
    expect(await loaded.predictProba!(x)).toEqual(await head.predictProba!(x));

    const bright = pipe(tinyBackbone(1), softmax());
    const dark = pipe(tinyBackbone(0.25), ensemble([softmax(), await calibrated()]));
    const whole = ensemble([bright, dark], { method: 'average' });
    await bright.fit(faces, y);
    await dark.fit(faces, y);
    await saveClassifier(whole, folder);
    const again = await loadClassifier(folder, { backbones: [tinyBackboneLoader], heads: [givenLoader, ...heads] });
    expect(again.classes).toEqual(y.classes);
    expect(await again.predictProba!(faces)).toEqual(await whole.predictProba!(faces));
  });

  it.each([1e308, 5e-324])('only the proportions of weights matter, be they %d', async (weight) => {
    const members = [softmax(), softmax({ C: 1 })];
    for (const member of members) await member.fit(x, y);
    const scores = await ensemble(members, { weights: [weight, weight] }).decisionFunction(x);
    expect(scores).toEqual(await ensemble(members).decisionFunction(x));
  });

  it('what does not fit is refused', async () => {
    const a = given(CLASSES);
    const invalid: [Parameters<typeof ensemble>[0], EnsembleOptions, RegExp][] = [
      [[], {}, /an ensemble of nothing/],
      [[a, given(['a', 'c', 'b'])], {}, /another \[a, c, b\]: they must be the same/],
      [[a, given(CLASSES, true)], {}, /1 of 2 members have probabilities/],
      [[a, a], { weights: [1] }, /1 weights for 2 members/],
      [[a, a], { weights: [1, 0] }, /weights\[1\] is 0/],
      [[a, a], { weights: [1, Number.NaN] }, /weights\[1\] is NaN/],
      [[a, a], { weights: [1, undefined as never] }, /weights\[1\] is undefined/],
      [[a], { method: 'mean' as 'vote' }, /method is "mean"/],
      [[a], { method: null as never }, /method is null/],
      [[a, a], { weights: null as never }, /weights are null/],
      [[a, a], { weights: ['1', 1] as never }, /weights\[0\] is "1"/],
    ];
    for (const [members, options, message] of invalid) {
      expect(() => ensemble(members, options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      expect(() => ensemble(members, options)).toThrow(message);
    }
    // Members that are fitted on other classes later.
    const members = [softmax(), softmax()];
    const both = ensemble(members);
    await both.fit(x, y);
    await members[1].fit(x, { ...y, classes: ['x', 'y', 'z'] });
    await expect(both.predict(x)).rejects.toThrow(/must be the same/);
    await expect(both.serialize()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const broken: JsonObject[] = [{}, { members: ['x'] }, { members: [{ kind: 'given', config: {} }], weights: [0] }];
    for (const config of broken) {
      const loading = ensembleLoader.compose({ kind: 'ensemble', config, files: new Map() }, async () => a);
      await expect(loading).rejects.toMatchObject({ code: 'CORRUPT' });
    }
  });
});

async function calibrated() {
  const { x: scores, y: labels } = {
    x: rows([2, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 2]),
    y: Uint8Array.of(0, 1, 2, 1),
  };
  const head = await calibrate(given(y.classes), scores, { labels, classes: y.classes });
  // Of four features it looks at the first three.
  return {
    ...head,
    classes: y.classes,
    fit: async () => ({ iterations: 1, converged: true, objective: 0, seconds: 0 }),
  };
}
