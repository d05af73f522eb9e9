import { FerError, isFerError } from 'fer-core';
import { describe, expect, it } from 'vitest';

describe('FerError', () => {
  it('puts the place in front of the message', () => {
    const error = new FerError('INVALID_DATA', 'pixel is 256.', { file: 'a.csv', row: 3, column: 'pixels' });
    expect(error.message).toBe('a.csv, row 3, column pixels: pixel is 256.');
    expect(error.place).toEqual({ file: 'a.csv', row: 3, column: 'pixels' });
    expect(new FerError('IO', 'no.').message).toBe('no.');
    expect(new FerError('IO', 'no.', { row: 1 }).message).toBe('row 1: no.');
  });

  it('is an Error with a name, a code and a cause', () => {
    const cause = new Error('disk');
    const error = new FerError('IO', 'failed.', {}, { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'FerError', code: 'IO', cause });
    expect(`${error}`).toBe('FerError: failed.');
  });
});

describe('isFerError', () => {
  it('checks the code if one is given', () => {
    const error = new FerError('IO', 'failed.');
    expect(isFerError(error)).toBe(true);
    expect(isFerError(error, 'IO')).toBe(true);
    expect(isFerError(error, 'CORRUPT')).toBe(false);
  });

  it('knows the errors of another copy of the package, and nothing else', () => {
    const foreign = Object.assign(new Error('failed.'), { name: 'FerError', code: 'IO' });
    expect(isFerError(foreign, 'IO')).toBe(true);
    for (const other of [new Error('no'), { name: 'FerError' }, 'FerError', null, undefined]) {
      expect(isFerError(other)).toBe(false);
    }
  });
});
