import { checkDataset, classCounts, type Dataset, Random, selectRows } from 'fer-core';
import {
  balancedSample,
  classWeights,
  concatDatasets,
  drawLabels,
  mergeClasses,
  renameClasses,
  selectClasses,
  stratifiedFolds,
  stratifiedSplit,
  stratifiedSubset,
} from 'fer-data';
import { describe, expect, it } from 'vitest';

const bad = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

/** Rows of the classes a, b, c … in turn as long as there are any; image i is the byte i. */
function made(counts: readonly number[]): Dataset {
  const labels: number[] = [];
  for (let round = 0; labels.length < counts.reduce((a, b) => a + b); round++) {
    for (const [c, count] of counts.entries()) if (round < count) labels.push(c);
  }
  return {
    images: Uint8Array.from(labels, (_, i) => i),
    n: labels.length,
    height: 1,
    width: 1,
    channels: 1,
    labels: Uint8Array.from(labels),
    classes: [...'abcdefg'].slice(0, counts.length),
    ids: labels.map((_, i) => `row ${i}`),
  };
}

/** Every row as it was: image, label and id still belong together. */
function intact(part: Dataset, whole: Dataset): boolean {
  const from = part.ids!.map((id) => whole.ids!.indexOf(id));
  return from.every(
    (row, i) =>
      part.images[i] === whole.images[row] && part.classes[part.labels[i]] === whole.classes[whole.labels[row]],
  );
}

const SOFT = { soft: Float32Array.of(0.5, 0.25, 0.25, 0, 0.4, 0.3, 0.3, 0, 0, 0, 0.5, 0.5), labels: [0, 0, 3] };

function soft(): Dataset {
  const labels = Uint8Array.from(SOFT.labels);
  return {
    images: Uint8Array.of(1, 2, 3),
    n: 3,
    height: 1,
    width: 1,
    channels: 1,
    labels,
    classes: [...'abcd'],
    soft: SOFT.soft,
  };
}

describe('stratifiedFolds', () => {
  it('puts every row in one validation part, in proportion', () => {
    const data = made([30, 3, 47, 20]);
    const folds = [...stratifiedFolds(data, 7, { seed: 2 })];
    expect(folds).toHaveLength(7);
    const counts = folds.map(([, validation]) => Array.from(classCounts(validation)));
    for (const [c, count] of [30, 3, 47, 20].entries()) {
      const ofClass = counts.map((row) => row[c]);
      expect(Math.min(...ofClass)).toBe(Math.floor(count / 7));
      expect(Math.max(...ofClass)).toBe(Math.ceil(count / 7));
    }
    expect(folds.map(([, { n }]) => n).sort()).toEqual([14, 14, 14, 14, 14, 15, 15]);
    for (const [train, validation] of folds) {
      expect(intact(train, data) && intact(validation, data)).toBe(true);
      expect([...train.ids!, ...validation.ids!].sort()).toEqual([...data.ids!].sort());
      expect(Array.from(train.images)).toEqual(Array.from(train.images).sort((a, b) => a - b));
    }
    expect(folds.flatMap(([, { ids }]) => ids).sort()).toEqual([...data.ids!].sort());
  });

  it('depends on the seed alone, and refuses numbers of folds it can not give', () => {
    const ids = (seed: number) => Array.from(stratifiedFolds(made([9, 8]), 3, { seed }), ([, { ids }]) => ids);
    expect(ids(1)).toEqual(ids(1));
    expect(ids(1)).not.toEqual(ids(2));
    for (const k of [1, 2.5, 18, Number.NaN]) {
      expect(() => stratifiedFolds(made([9, 8]), k)).toThrow(bad('INVALID_ARGUMENT', 'from 2 to 17'));
    }
  });
});

describe('classWeights', () => {
  it("gives scikit-learn's", () => {
    const counts = [3995, 436, 4097, 7215, 4830, 3171, 4965];
    const labels = Uint8Array.from(counts.flatMap((count, c) => new Array<number>(count).fill(c)));
    const weights = classWeights({ labels, classes: [...'abcdefg'] });
    // scikit-learn 1.2: compute_class_weight('balanced', ...) of FER2013's training labels.
    const expected = [
      1.0266046844269623, 9.406618610747051, 1.0010460615781582, 0.5684387684387684, 0.8491274770777877,
      1.293372978330405, 0.8260394187886635,
    ];
    for (const [c, weight] of expected.entries()) expect(weights[c]).toBeCloseTo(weight, 12);
    expect(() => classWeights({ labels, classes: [...'abcdefgh'] })).toThrow(bad('INVALID_DATA', 'class "h"'));
  });

  it('counts soft labels by their shares', () => {
    // Sums of the shares: a 0.9, b 0.55, c 1.05, d 0.5 of 3 rows and 4 classes.
    const weights = classWeights(soft());
    const expected = [3 / (4 * 0.9), 3 / (4 * 0.55), 3 / (4 * 1.05), 3 / (4 * 0.5)];
    for (const [c, weight] of expected.entries()) expect(weights[c]).toBeCloseTo(weight, 6);
    // A class that is only ever second has a weight; one without any share has none.
    expect(Array.from(classCounts(soft()))).toEqual([2, 0, 0, 1]);
    const none = { ...soft(), soft: Float32Array.of(0.5, 0.5, 0, 0, 0.4, 0.6, 0, 0, 0, 0, 0, 1) };
    expect(() => classWeights(none)).toThrow(bad('INVALID_DATA', 'class "c"'));
  });
});

describe('balancedSample', () => {
  it('repeats the rows of small classes equally often', () => {
    const data = made([5, 12, 3]);
    const sample = balancedSample(data, { seed: 4 });
    expect(Array.from(classCounts(sample))).toEqual([12, 12, 12]);
    expect(intact(sample, data)).toBe(true);
    const times = data.ids!.map((id) => sample.ids!.filter((other) => other === id).length);
    const ofClass = (c: number) => times.filter((_, i) => data.labels[i] === c).sort();
    expect(ofClass(0)).toEqual([2, 2, 2, 3, 3]);
    expect(ofClass(1)).toEqual(new Array(12).fill(1));
    expect(ofClass(2)).toEqual([4, 4, 4]);
    expect(Array.from(sample.images)).toEqual(Array.from(sample.images).sort((a, b) => a - b));
  });

  it('thins large classes, and takes a number', () => {
    const data = made([5, 12, 3]);
    const sample = balancedSample(data, { perClass: 'smallest', seed: 4 });
    expect(Array.from(classCounts(sample))).toEqual([3, 3, 3]);
    expect(new Set(sample.ids).size).toBe(9);
    expect(balancedSample(data, { perClass: 'smallest', seed: 4 }).ids).toEqual(sample.ids);
    expect(balancedSample(data, { perClass: 'smallest', seed: 5 }).ids).not.toEqual(sample.ids);
    expect(Array.from(classCounts(balancedSample(data, { perClass: 7 })))).toEqual([7, 7, 7]);
  });

  it('refuses what it can not do', () => {
    const empty = { ...made([5, 12]), classes: [...'abc'] };
    expect(() => balancedSample(empty)).toThrow(bad('INVALID_DATA', 'class "c"'));
    for (const perClass of [0, 1.5, Number.NaN, 'all' as 'largest']) {
      expect(() => balancedSample(made([2, 2]), { perClass })).toThrow(bad('INVALID_ARGUMENT', 'perClass'));
    }
  });
});

describe('selectClasses', () => {
  it('keeps the rows of some classes, in the order given', () => {
    const data = made([3, 2, 4]);
    const chosen = checkDataset(selectClasses(data, ['c', 'a']));
    expect(chosen.classes).toEqual(['c', 'a']);
    expect(Array.from(classCounts(chosen))).toEqual([4, 3]);
    expect(intact(chosen, data)).toBe(true);
  });

  it('gives soft labels of the classes kept', () => {
    const chosen = checkDataset(selectClasses(soft(), ['d', 'a', 'b']));
    expect(Array.from(chosen.labels)).toEqual([1, 1, 0]);
    const expected = [0, 2 / 3, 1 / 3, 0, 4 / 7, 3 / 7, 1, 0, 0];
    for (const [i, share] of expected.entries()) expect(chosen.soft![i]).toBeCloseTo(share, 6);
    const odd = { ...soft(), labels: Uint8Array.of(3, 0, 3) };
    expect(Array.from(selectClasses(odd, ['d']).soft!)).toEqual([1, 1]);
  });

  it('refuses classes that are none', () => {
    for (const classes of [[], ['x'], ['a', 'a']]) {
      expect(() => selectClasses(made([1, 1]), classes)).toThrow(bad('INVALID_ARGUMENT'));
    }
  });
});

describe('mergeClasses', () => {
  it('joins classes, sharing the images', () => {
    const data = made([3, 2, 4]);
    const merged = checkDataset(mergeClasses(data, { odd: ['b'], even: ['c', 'a'] }));
    expect(merged.classes).toEqual(['odd', 'even']);
    expect(Array.from(merged.labels)).toEqual(Array.from(data.labels, (label) => Number(label !== 1)));
    expect(merged.images).toBe(data.images);
    expect(merged.ids).toBe(data.ids);
  });

  it('adds up soft labels, and labels by the larger sum', () => {
    const merged = checkDataset(mergeClasses(soft(), { rest: ['d', 'b', 'c'], first: ['a'] }));
    // Row 1 is a tie, and stays with its class; row 2 has 0.6 of b and c together; row 3 is sure.
    expect(Array.from(merged.labels)).toEqual([1, 0, 0]);
    const expected = [0.5, 0.5, 0.6, 0.4, 1, 0];
    for (const [i, share] of expected.entries()) expect(merged.soft![i]).toBeCloseTo(share, 6);
    // 0.1 + 0.3 is a little more than 0.4 in float32: a tie all the same.
    const tie = { labels: Uint8Array.of(3), classes: [...'abcd'], soft: Float32Array.of(0.1, 0.2, 0.3, 0.4) };
    expect(Array.from(mergeClasses(tie, { x: ['d'], y: ['a', 'c'], z: ['b'] }).labels)).toEqual([0]);
  });

  it('refuses groups that are not a partition', () => {
    const data = made([1, 1, 1]);
    for (const groups of [[['a', 'b', 'c']], new Map([['x', ['a', 'b', 'c']]])] as never[]) {
      expect(() => mergeClasses(data, groups)).toThrow(/^groups is an? (array|Map): give/);
    }
    expect(() => renameClasses(data, new Map([['a', 'x']]) as never)).toThrow(/^names is a Map: give/);
    expect(() => mergeClasses(data, { x: ['a', 'b'] })).toThrow(bad('INVALID_ARGUMENT', '"c" is in no group'));
    expect(() => mergeClasses(data, { x: ['a', 'b'], y: ['b', 'c'] })).toThrow(bad('INVALID_ARGUMENT', '"b" is'));
    expect(() => mergeClasses(data, { x: ['a', 'b', 'c', 'd'] })).toThrow(bad('INVALID_ARGUMENT', '"d" is'));
    const unnamed = { x: ['a', 'b', 'c', undefined as never] };
    expect(() => mergeClasses(data, unnamed)).toThrow(bad('INVALID_ARGUMENT', '"undefined" is'));
  });
});

describe('renameClasses', () => {
  it('renames, also crosswise', () => {
    const data = made([1, 1, 1]);
    expect(renameClasses(data, { a: 'b', b: 'a' })).toEqual({ ...data, classes: ['b', 'a', 'c'] });
    expect(() => renameClasses(data, { x: 'y' })).toThrow(bad('INVALID_ARGUMENT', '"x"'));
    expect(() => renameClasses(data, { a: 'c' })).toThrow(bad('INVALID_ARGUMENT', 'mergeClasses'));
  });

  it('takes classes with the names of object properties', () => {
    const data = { ...made([1, 2, 1]), classes: ['constructor', '__proto__', 'toString'] };
    expect(renameClasses(data, { constructor: 'valueOf' }).classes).toEqual(['valueOf', '__proto__', 'toString']);
    expect(renameClasses(made([1, 1, 1]), {}).classes).toEqual(['a', 'b', 'c']);
    expect(selectClasses(data, ['__proto__']).n).toBe(2);
    const merged = mergeClasses(data, { ['__proto__']: ['constructor', '__proto__'], hasOwnProperty: ['toString'] });
    expect(merged.classes).toEqual(['__proto__', 'hasOwnProperty']);
    expect(Array.from(classCounts(merged))).toEqual([3, 1]);
    expect(Array.from(classWeights(data))).toEqual([4 / 3, 4 / 6, 4 / 3]);
    expect(Array.from(classCounts(balancedSample(data)))).toEqual([2, 2, 2]);
  });
});

it.each<[string, (data: Dataset) => unknown]>([
  ['balancedSample', (data) => balancedSample(data)],
  ['classWeights', classWeights],
  ['concatDatasets', (data) => concatDatasets(data)],
  ['drawLabels', (data) => drawLabels(data, new Random(0))],
  ['mergeClasses', (data) => mergeClasses(data, { x: ['a', 'b'] })],
  ['renameClasses', (data) => renameClasses(data, { a: 'x' })],
  ['selectClasses', (data) => selectClasses(data, ['a'])],
  ['stratifiedFolds', (data) => stratifiedFolds(data, 2)],
  ['stratifiedSplit', (data) => stratifiedSplit(data, 0.5)],
  ['stratifiedSubset', (data) => stratifiedSubset(data, 1)],
])('%s refuses labels out of range', (_, call) => {
  const data = { ...made([2, 2]), labels: Uint8Array.of(0, 1, 2, 0) };
  expect(() => call(data)).toThrow(bad('INVALID_DATA', 'label 2 is outside 0..1'));
});

describe('concatDatasets', () => {
  it('puts rows one after the other', () => {
    const data = made([3, 2, 4]);
    const [first, second] = [selectRows(data, [0, 1, 2]), selectRows(data, [3, 4, 5, 6, 7, 8])];
    const { soft: none, ...joined } = concatDatasets(first, second);
    expect(none).toBeUndefined();
    expect(joined).toEqual(data);
    expect(concatDatasets(data, { ...data, ids: undefined }).ids).toBeUndefined();
  });

  it('is certain of labels beside soft ones', () => {
    const hard = { ...soft(), soft: undefined };
    const joined = checkDataset(concatDatasets(hard, soft()));
    expect(Array.from(joined.soft!)).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, ...SOFT.soft]);
  });

  it('refuses sets that differ', () => {
    expect(() => concatDatasets()).toThrow(bad('INVALID_ARGUMENT'));
    const data = made([2, 2]);
    for (const classes of [
      ['b', 'a'],
      ['a, b', 'c'],
    ]) {
      expect(() => concatDatasets(data, { ...data, classes })).toThrow(bad('INVALID_DATA', 'data set 2'));
    }
    const comma = { ...data, classes: ['a, b', 'c'] };
    expect(() => concatDatasets(comma, { ...comma, classes: ['a', 'b, c'] })).toThrow(bad('INVALID_DATA'));
    expect(() =>
      concatDatasets(data, { ...data, height: 2, n: 2, labels: data.labels.slice(2), ids: undefined }),
    ).toThrow(bad('INVALID_DATA', '2×1×1'));
  });
});
