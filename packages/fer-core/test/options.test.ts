import { runInNewContext } from 'node:vm';
import { checkChoice, checkOptions, FerError, nearestName, Random, RUN_OPTIONS } from 'fer-core';
import { describe, expect, it } from 'vitest';

const known = ['epochs', 'batchSize', 'learningRate', ...RUN_OPTIONS];
const messageOf = (options: unknown) => {
  try {
    checkOptions('fit', options, known);
  } catch (error) {
    expect(error).toBeInstanceOf(FerError);
    expect((error as FerError).code).toBe('INVALID_ARGUMENT');
    return (error as FerError).message;
  }
  return undefined;
};

describe('checkOptions', () => {
  it('accepts known options, and none', () => {
    expect(messageOf(undefined)).toBeUndefined();
    expect(messageOf({})).toBeUndefined();
    expect(messageOf({ epochs: 3, signal: undefined })).toBeUndefined();
    expect(messageOf(runInNewContext('({ epochs: 3 })'))).toBeUndefined();
    expect(messageOf(Object.create({ epochs: 3 }))).toBeUndefined();
  });

  it.each([
    [{ epoch: 3 }, 'fit has no option "epoch": did you mean "epochs"?'],
    [{ batchsize: 3 }, 'fit has no option "batchsize": did you mean "batchSize"?'],
    [{ leraningRate: 3 }, 'fit has no option "leraningRate": did you mean "learningRate"?'],
    [{ singal: 3 }, 'fit has no option "singal": did you mean "signal"?'],
    [{ C: 3 }, 'fit has no option "C": its options are epochs, batchSize, learningRate, onProgress, signal.'],
    [null, 'the options of fit are null: give an object such as { epochs: … }.'],
    [3, 'the options of fit are 3: give an object such as { epochs: … }.'],
    [[], 'the options of fit are an array: give an object such as { epochs: … }.'],
    [new Map([['epochs', 3]]), 'the options of fit are a Map: give an object such as { epochs: … }.'],
    [new Set(), 'the options of fit are a Set: give an object such as { epochs: … }.'],
    [new Uint8Array(3), 'the options of fit are a Uint8Array: give an object such as { epochs: … }.'],
    [new String('x'), 'the options of fit are a String: give an object such as { epochs: … }.'],
    [new Date(0), 'the options of fit are a Date: give an object such as { epochs: … }.'],
    [new Random(0), 'the options of fit are a Random: give an object such as { epochs: … }.'],
    [AbortSignal.abort(), 'the options of fit are an AbortSignal: give an object such as { epochs: … }.'],
    [Promise.resolve({}), 'the options of fit are a Promise (await it first): give an object such as { epochs: … }.'],
    [runInNewContext('({ epoch: 3 })'), 'fit has no option "epoch": did you mean "epochs"?'],
  ])('refuses %o', (options, message) => {
    expect(messageOf(options)).toBe(message);
  });
});

it('leaves the state of a class alone', () => {
  class Reporter {
    seen = 0;
    onProgress(): void {
      this.seen++;
    }
  }
  expect(() => checkOptions('fit', new Reporter(), ['onProgress'])).not.toThrow();
  expect(() => checkOptions('fit', Object.assign(Object.create(null), { seen: 0 }), ['onProgress'])).toThrow('"seen"');
});

it('nearestName counts a swap of two letters as one change', () => {
  expect(nearestName('ab', ['ba'])).toBe('ba');
  expect(nearestName('abc', ['cab'])).toBeUndefined();
  expect(nearestName('abcdef', ['abdcfe'])).toBe('abdcfe');
  expect(nearestName('x', [])).toBeUndefined();
});

it('checkChoice lists the choices', () => {
  expect(() => checkChoice('values', 'all', ['all', 'positive'])).not.toThrow();
  expect(() => checkChoice('values', 'none', ['all', 'positive'])).toThrow(
    /^values is "none": it must be 'all' or 'positive'\.$/,
  );
  expect(() => checkChoice('values', 3, ['all'])).toThrow(/^values is 3/);
});
