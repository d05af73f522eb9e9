import { describe, expect, it } from 'vitest';
import { readLines } from '../../src/fer2013/lines.js';

async function linesOf(chunks: readonly string[], maxLength = 100): Promise<string[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield new TextEncoder().encode(chunk);
  }
  const lines: string[] = [];
  for await (const { bytes, start, end } of readLines(source(), maxLength, () => ({ row: lines.length + 1 }))) {
    expect([10, 13]).toContain(bytes[end]);
    lines.push(new TextDecoder().decode(bytes.subarray(start, end)));
  }
  return lines;
}

describe('readLines', () => {
  const text = 'one\ntwo\r\n\r\nthree\rfour\n\r\rfive';
  const expected = ['one', 'two', '', 'three', 'four', '', '', 'five'];

  it('cuts at LF, CR LF and CR, wherever chunks end', async () => {
    expect(await linesOf([text])).toEqual(expected);
    expect(await linesOf([...text])).toEqual(expected);
    for (let at = 0; at <= text.length; at++) {
      expect(await linesOf([text.slice(0, at), '', text.slice(at)])).toEqual(expected);
    }
  });

  it('gives no line after the last line end, and none for empty input', async () => {
    expect(await linesOf(['a\n'])).toEqual(['a']);
    expect(await linesOf(['a\r', '\n'])).toEqual(['a']);
    expect(await linesOf(['\n'])).toEqual(['']);
    expect(await linesOf([])).toEqual([]);
  });

  it('joins lines of any length from small pieces', async () => {
    // Longer than the buffer that such lines are kept in at first, and than the one after that.
    const lines = [3, 50_000, 10, 20_000, 0, 140_000].map((length, i) => String(i).repeat(length));
    const text = lines.join('\n');
    const pieces = Array.from({ length: Math.ceil(text.length / 999) }, (_, i) => text.slice(999 * i, 999 * (i + 1)));
    expect(await linesOf(pieces, 140_000)).toEqual(lines);
    await expect(linesOf(pieces, 139_999)).rejects.toMatchObject({ place: { row: 6 } });
  });

  it('refuses lines over the limit, the same in one chunk and in many', async () => {
    const long = `ok\n${'x'.repeat(100)}\n`;
    expect(await linesOf([long])).toEqual(['ok', 'x'.repeat(100)]);
    expect(await linesOf([...long])).toEqual(['ok', 'x'.repeat(100)]);
    for (const chunks of [[`ok\nx${long.slice(3)}`], [...`ok\nx${long.slice(3)}`], ['ok\n', 'x'.repeat(101)]]) {
      await expect(linesOf(chunks)).rejects.toMatchObject({ code: 'INVALID_DATA', place: { row: 2 } });
    }
  });
});
