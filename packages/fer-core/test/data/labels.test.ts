import {
  checkFeatures,
  checkImages,
  checkLabels,
  describeValue,
  indexOfClass,
  resolveLabels,
  sameClasses,
  selectImages,
} from 'fer-core';
import { describe, expect, it } from 'vitest';

const y = { labels: Uint8Array.of(0, 1), classes: ['a', 'b'] };
const x = { data: Float32Array.of(1, 2), rows: 2, columns: 1 };

describe('resolveLabels', () => {
  it('takes y, or else what x carries', () => {
    const labelled = { ...x, labels: Uint8Array.of(1, 1), classes: ['c', 'd'] };
    expect(resolveLabels(x, y)).toBe(y);
    expect(resolveLabels(labelled, y)).toBe(y);
    expect(resolveLabels(labelled, undefined)).toBe(labelled);
  });

  it('refuses a fit without labels, and options in their place', () => {
    const refused = (message: RegExp) =>
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) });
    expect(() => resolveLabels(x, undefined)).toThrow(refused(/fit got no labels/));
    expect(() => resolveLabels(x, { signal: undefined } as unknown as typeof y)).toThrow(
      refused(/options as the third/),
    );
  });
});

describe('what is not the right type', () => {
  const tensor = { dataSync: () => [], shape: [1] };
  it.each([
    ['face.png', /"face\.png"/],
    [Promise.resolve(), /a Promise \(await it first\)/],
    [tensor, /a tensor \(take its numbers/],
    [undefined, /undefined/],
    [null, /null/],
    [[1, 2], /an array/],
    [new Uint8Array(3), /a Uint8Array/],
    [3, /are 3/],
  ])('%s is refused by name', (value, message) => {
    for (const check of [checkImages, checkFeatures] as ((value: never) => void)[]) {
      expect(() => check(value as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringMatching(message) }),
      );
    }
    if (!Array.isArray(value) && !(value instanceof Uint8Array)) {
      expect(() => checkLabels(value as never, 1)).toThrow(expect.objectContaining({ code: 'INVALID_DATA' }));
    }
  });
});

it('describeValue names types', () => {
  expect(describeValue(new Map())).toBe('a Map');
  expect(describeValue(new Int32Array(1))).toBe('an Int32Array');
  expect(describeValue(new Uint16Array(1))).toBe('a Uint16Array');
  expect(describeValue({})).toBe('an object');
  expect(describeValue(() => 0)).toBe('a function');
  expect(describeValue(true)).toBe('true');
  expect(describeValue('1')).toBe('"1"');
  expect(describeValue('a\nb')).toBe('"a\\nb"');
  expect(describeValue('x'.repeat(41))).toBe('a string');
  expect(describeValue(Symbol('x'))).toBe('a symbol');
  expect(describeValue(Object.create(null))).toBe('an object');
});

it('selectImages copies images, and refuses rows that are not there', () => {
  const images = { images: Uint8Array.of(1, 2, 3, 4), n: 2, height: 1, width: 2, channels: 1 };
  expect(selectImages(images, [1, 0, 1])).toEqual({ ...images, n: 3, images: Uint8Array.of(3, 4, 1, 2, 3, 4) });
  expect(() => selectImages(images, [2])).toThrow(/outside 0\.\.1/);
});

describe('names of classes', () => {
  it('are the same in either form of Unicode', () => {
    const [one, two] = ['dégoût'.normalize('NFC'), 'dégoût'.normalize('NFD')];
    expect(one).not.toBe(two);
    expect(indexOfClass(['joie', one], two)).toBe(1);
    expect(indexOfClass(['joie', two], one)).toBe(1);
    expect(indexOfClass(['joie'], one)).toBe(-1);
    expect(sameClasses(['joie', one], ['joie', two])).toBe(true);
  });
});
