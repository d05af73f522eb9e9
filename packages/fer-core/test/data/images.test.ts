import fc from 'fast-check';
import {
  checkDataset,
  checkImages,
  checkLabels,
  classCounts,
  type Dataset,
  FER2013_CLASSES,
  sameClasses,
  selectLabels,
  selectRows,
} from 'fer-core';
import { describe, expect, it } from 'vitest';

const invalid = expect.objectContaining({ name: 'FerError', code: 'INVALID_DATA' });

/** Five images of 2×3 grey pixels; pixel j of image i is 10 i + j. */
function five(changes: Partial<Dataset> = {}): Dataset {
  return {
    images: Uint8Array.from({ length: 30 }, (_, i) => 10 * Math.floor(i / 6) + (i % 6)),
    n: 5,
    height: 2,
    width: 3,
    channels: 1,
    labels: Uint8Array.of(0, 1, 2, 1, 1),
    classes: ['a', 'b', 'c'],
    ...changes,
  };
}

describe('checkDataset', () => {
  it('returns a sound data set as it is', () => {
    const dataset = five({ ids: ['v', 'w', 'x', 'y', 'z'], soft: new Float32Array(15).fill(1 / 3) });
    expect(checkDataset(dataset)).toBe(dataset);
    const empty = five({ images: new Uint8Array(), n: 0, labels: new Uint8Array() });
    expect(checkDataset(empty)).toBe(empty);
  });

  it.each<[string, Partial<Dataset>, RegExp]>([
    ['a missing pixel', { images: new Uint8Array(29) }, /29 bytes for 5 images of 2×3×1: expected 30/],
    ['a fractional n', { n: 4.5 }, /4.5 images/],
    ['a negative n', { n: -5, height: -2 }, /height -2/],
    ['no height', { height: 0, images: new Uint8Array() }, /height 0/],
    ['a fractional width', { width: 1.5 }, /width 1.5/],
    ['no channels', { channels: NaN }, /channels NaN/],
    ['a label too few', { labels: new Uint8Array(4) }, /4 labels for 5 rows/],
    ['a label past the classes', { labels: Uint8Array.of(0, 1, 3, 0, 0) }, /^row 3: label 3 is outside 0\.\.2/],
    ['two classes of one name', { classes: ['a', 'b', 'a'] }, /\[a, b, a\]/],
    ['no classes', { classes: [], labels: new Uint8Array(5) }, /1 to 256/],
    ['an id too many', { ids: ['1', '2', '3', '4', '5', '6'] }, /6 ids for 5 images/],
    ['a soft label too few', { soft: new Float32Array(14) }, /14 soft labels for 5 rows of 3/],
  ])('refuses %s', (_, changes, message) => {
    expect(() => checkDataset(five(changes))).toThrow(invalid);
    expect(() => checkDataset(five(changes))).toThrow(message);
  });

  it('refuses soft labels that are not a distribution, naming the row', () => {
    for (const row of [
      [0.5, 0.4, 0],
      [1.5, -0.5, 0],
      [NaN, 1, 0],
      [0, 0, 0],
    ]) {
      const soft = Float32Array.of(1, 0, 0, ...row, 0, 1, 0, 0, 1, 0, 0, 1, 0);
      expect(() => checkDataset(five({ soft }))).toThrow(/^row 2: soft labels/);
    }
  });

  it('refuses floats in place of bytes, which JavaScript would accept', () => {
    const floats = new Float32Array(30).fill(0.5) as unknown as Uint8Array;
    expect(() => checkImages(five({ images: floats }))).toThrow(/images are a Float32Array/);
    expect(() => checkLabels(five({ labels: [0, 1, 2, 1, 1] as unknown as Uint8Array }), 5)).toThrow(
      /labels are an array: give a Uint8Array/,
    );
    expect(() => checkImages(five({ images: Buffer.alloc(30) }))).not.toThrow();
  });

  it('refuses ids that are not one per image', () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    expect(checkDataset(five({ ids })).ids).toBe(ids);
    for (const wrong of ['', 0, false, null, 'abcde', ids.slice(1)] as never[]) {
      const refused = expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringMatching(/ids/) });
      expect(() => checkDataset(five({ ids: wrong }))).toThrow(refused);
      expect(() => selectRows(five({ ids: wrong }), [0])).toThrow(refused);
    }
  });

  it('refuses classes that are not names', () => {
    for (const classes of [[0, 1, 2], ['a', undefined, 'c'], 'abc', undefined] as unknown as string[][]) {
      expect(() => checkLabels(five({ classes }), 5)).toThrow(/give an array of names/);
    }
    for (const classes of [
      ['a', 'b', 'a'],
      // One name, written in two ways by Unicode.
      ['dégoût', 'dégoût'.normalize('NFD'), 'c'],
    ]) {
      expect(() => checkLabels(five({ classes }), 5)).toThrow(/different names/);
    }
  });
});

it('sameClasses compares names and their order', () => {
  expect(sameClasses(['a', 'b'], ['a', 'b'])).toBe(true);
  expect(sameClasses(['a', 'b'], ['b', 'a'])).toBe(false);
  expect(sameClasses(['a', 'b'], ['a'])).toBe(false);
  // Joined by any separator, these would be equal.
  expect(sameClasses(['a\nb', 'c'], ['a', 'b\nc'])).toBe(false);
});

it('classCounts counts each class', () => {
  expect([...classCounts(five())]).toEqual([1, 3, 1]);
  expect([...classCounts(five({ classes: ['a', 'b', 'c', 'd'] }))]).toEqual([1, 3, 1, 0]);
});

it('selectLabels copies labels and distributions, and refuses rows that are not there', () => {
  const soft = Float32Array.from({ length: 15 }, (_, i) => i);
  const { labels, soft: taken, classes } = selectLabels(five({ soft }), [3, 0, 3]);
  expect([...labels]).toEqual([1, 0, 1]);
  expect([...taken!]).toEqual([9, 10, 11, 0, 1, 2, 9, 10, 11]);
  expect(classes).toEqual(['a', 'b', 'c']);
  expect(() => selectLabels(five(), [5])).toThrow(/row 5 is outside 0..4/);
});

it('FER2013_CLASSES are in the order of its labels', () => {
  expect(FER2013_CLASSES).toEqual(['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral']);
});

describe('selectRows', () => {
  it('copies rows with everything that belongs to them, in the order given', () => {
    const soft = Float32Array.from({ length: 15 }, (_, i) => i);
    const dataset = five({ soft, ids: ['v', 'w', 'x', 'y', 'z'] });
    fc.assert(
      fc.property(fc.array(fc.nat(4), { maxLength: 12 }), (rows) => {
        const selected = selectRows(dataset, rows);
        expect(selected).toMatchObject({ n: rows.length, height: 2, width: 3, channels: 1, classes: ['a', 'b', 'c'] });
        expect([...selected.images]).toEqual(rows.flatMap((i) => [0, 1, 2, 3, 4, 5].map((j) => 10 * i + j)));
        expect([...selected.labels]).toEqual(rows.map((i) => [0, 1, 2, 1, 1][i]));
        expect([...selected.soft!]).toEqual(rows.flatMap((i) => [3 * i, 3 * i + 1, 3 * i + 2]));
        expect(selected.ids).toEqual(rows.map((i) => 'vwxyz'[i]));
      }),
    );
  });

  it('leaves out what the data set does not have, and copies', () => {
    const dataset = five();
    const selected = selectRows(dataset, Uint32Array.of(0));
    expect(selected.soft).toBeUndefined();
    expect(selected.ids).toBeUndefined();
    selected.images[0] = 99;
    expect(dataset.images[0]).toBe(0);
  });

  it('refuses rows that are not there', () => {
    for (const row of [-1, 5, 0.5, NaN]) {
      expect(() => selectRows(five(), [0, row])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
  });
});
