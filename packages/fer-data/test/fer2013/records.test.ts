import { describe, expect, it } from 'vitest';
import { csvRecords } from '../../src/fer2013/csvRecords.js';
import { endsInQuotes, splitRecords } from '../../src/fer2013/records.js';

describe('endsInQuotes', () => {
  it.each([
    ['a,b', false, false],
    ['a,"b', false, true],
    ['a,"b"', false, false],
    ['a,"b""', false, true],
    ['a,"b"""', false, false],
    ['a, \t"b', false, true],
    ['a,x"b', false, false],
    ['"a"x"b', false, false],
    ['"a","b', false, true],
    ['still inside', true, true],
    ['closed" , next', true, false],
    ['closed","open', true, true],
    ['""', true, true],
    ['"', true, false],
  ])('%j, open before: %s → %s', (line, open, expected) => {
    expect(endsInQuotes(line, open)).toBe(expected);
  });
});

describe('the record readers', () => {
  it('agree if there are no quotes', async () => {
    for (const text of ['a,b,c\n', ',\n', 'a,,\n', ',,a\n', ' a , b\n', 'a', 'é,\u00a0,x\n']) {
      const trimmed = (records: readonly (readonly string[])[]) => records.map((r) => r.map((field) => field.trim()));
      expect(trimmed(await csvRecords(text))).toEqual(trimmed(await splitRecords(text)));
    }
  });

  it('unquote, or say that they can not', async () => {
    expect(await csvRecords('"a ""b""\nc", "d"\n')).toEqual([['a "b"\nc', 'd']]);
    await expect(csvRecords('"a"b,c\n')).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(splitRecords('"a"\n')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
