import { describe, expect, it } from 'vitest';
import { type Layout, readRecord } from '../../src/fer2013/fer2013Record.js';
import { scanRow } from '../../src/fer2013/fer2013Scanner.js';

const LAYOUT: Layout = { emotion: 0, pixels: 1, usage: 2, columns: 3 };
const VALUES = ['0', '9', '10', '99', '100', '255', '007', '00'];
const numbers = Array.from({ length: 2304 }, (_, i) => VALUES[i % VALUES.length]);
const pixels = numbers.join(' ');
/** The pixels with another first, second or last number. */
const first = (value: string) => [value, ...numbers.slice(1)].join(' ');
const second = (value: string) => [numbers[0], value, ...numbers.slice(2)].join(' ');
const last = (value: string) => [...numbers.slice(0, -1), value].join(' ');

/** Scans a row that has others before and after it. */
function scan(text: string, layout: Layout, into = new Uint8Array(2304), end = '\n'): number {
  const before = new TextEncoder().encode('1,2 3,Training\n');
  const own = new TextEncoder().encode(text);
  const bytes = new TextEncoder().encode(`1,2 3,Training\n${text}${end}4,5 6,Training\n`);
  return scanRow({ bytes, start: before.length, end: before.length + own.length }, layout, into);
}

describe('scanRow', () => {
  it.each<[string, string[], Layout]>([
    ['as in the original', ['3', pixels, 'Training'], LAYOUT],
    ['of the public test', ['0', pixels, 'PublicTest'], LAYOUT],
    ['of the private test', ['6', pixels, 'PrivateTest'], LAYOUT],
    ['without a usage', ['5', pixels], { emotion: 0, pixels: 1, usage: -1, columns: 2 }],
    ['in another order', [pixels, 'PublicTest', '1'], { emotion: 2, pixels: 0, usage: 1, columns: 3 }],
    ['with the usage first', ['PublicTest', '1', pixels], { emotion: 1, pixels: 2, usage: 0, columns: 3 }],
    [
      'with other columns',
      ['a b', '2', '', pixels, '', 'Training', 'é'],
      { emotion: 1, pixels: 3, usage: 5, columns: 7 },
    ],
    [
      'whose other columns look like these',
      ['9', '2', 'Test', pixels],
      { emotion: 1, pixels: 3, usage: -1, columns: 4 },
    ],
  ])('reads a row %s as readRecord does', (_, fields, layout) => {
    for (const end of ['\n', '\r\n']) {
      const [scanned, read] = [new Uint8Array(2304).fill(1), new Uint8Array(2304).fill(2)];
      expect(scan(fields.join(','), layout, scanned, end)).toBe(readRecord(fields, layout, read));
      expect(scanned).toEqual(read);
    }
  });

  it.each([
    // Bad rows, for readRecord to say what is wrong.
    ['a label of 7', `7,${pixels},Training`],
    ['the letter before 0', `/,${pixels},Training`],
    ['two digits', `00,${pixels},Training`],
    ['no label', `,${pixels},Training`],
    ['another usage', `3,${pixels},Testing`],
    ['a usage of the same length', `3,${pixels},Trainin_`],
    ['a usage that goes on', `3,${pixels},Training2`],
    ['half a usage', `3,${pixels},Train`],
    ['no usage', `3,${pixels},`],
    ['too few columns', `3,${pixels}`],
    ['too many columns', `3,${pixels},Training,`],
    ['too few pixels', `3,${numbers.slice(1).join(' ')},Training`],
    ['too many pixels', `3,${pixels} 1,Training`],
    ['no pixels', '3,,Training'],
    ['256', `3,${last('256')},Training`],
    ['999', `3,${first('999')},Training`],
    ['four digits', `3,${second('0001')},Training`],
    ['the letter before 0 in a pixel', `3,${first('/')},Training`],
    ['the letter after 9 in a pixel', `3,${first(':')},Training`],
    ['the letter before 0 within a pixel', `3,${second('1/')},Training`],
    ['the letter after 9 within a pixel', `3,${second('1:')},Training`],
    ['an end within the pixels', `3,${numbers.slice(0, 9).join(' ')}`],
    // Good rows in another form, for readRecord to read.
    ['white space before pixels', `3, ${pixels},Training`],
    ['white space after pixels', `3,${pixels} ,Training`],
    ['more white space between pixels', `3,${pixels.replace(' ', '  ')},Training`],
    ['a tab between pixels', `3,${pixels.replace(' ', '\t')},Training`],
    ['white space around a label', ` 3,${pixels},Training`],
    ['white space around a usage', `3,${pixels},Training `],
    ['quoted pixels', `3,"${pixels}",Training`],
    ['a quoted usage', `3,${pixels},"Training"`],
  ])('leaves %s to others', (_, text) => {
    expect(scan(text, LAYOUT)).toBe(-1);
  });

  it('leaves quotes in other columns to others: they may hide a comma', () => {
    const layout = { emotion: 1, pixels: 2, usage: -1, columns: 3 };
    expect(scan(`a,3,${pixels}`, layout)).toBe(3);
    expect(scan(`"a",3,${pixels}`, layout)).toBe(-1);
    expect(scan(`a"b,3,${pixels}`, layout)).toBe(-1);
  });
});
