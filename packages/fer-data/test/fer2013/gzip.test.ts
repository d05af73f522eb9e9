import { gzipSync } from 'node:zlib';
import { parseFer2013 } from 'fer-data';
import { loadFer2013 } from 'fer-data/node';
import { describe, expect, it } from 'vitest';
import { makeRows, toCsv } from './makeCsv.js';

const text = toCsv(makeRows(40, 'gzip'));
const middle = text.indexOf('\n', text.length / 2) + 1;
const [first, second] = [text.slice(0, middle), text.slice(middle)].map((part) => gzipSync(part));
const zeros = (n: number) => Buffer.alloc(n);

/** Bytes in chunks of a size, which is also that of the only buffer they come in. */
async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
  }
}

/** Chunk sizes: pieces, the whole, and one that ends where the first member ends. */
const SIZES = [7, 1000, first.length, first.length + 3, 1_000_000];

const FILES: readonly [name: string, parts: readonly Uint8Array[]][] = [
  ['one member', [gzipSync(text)]],
  ['one member and zero bytes', [gzipSync(text), zeros(5000)]],
  ['two members', [first, second]],
  ['two members with zero bytes between them', [first, zeros(3), second]],
  ['two members with a block of zero bytes after each', [first, zeros(5000), second, zeros(512)]],
  ['an empty member between two', [first, gzipSync(''), second]],
];

const damaged = (member: Buffer, at: number) => {
  const bad = Buffer.from(member);
  bad[at] ^= 0xff;
  return bad;
};

const DAMAGED: readonly [name: string, parts: readonly Uint8Array[]][] = [
  ['zeros in place of the second member', [first, zeros(second.length - 1), Buffer.of(1)]],
  ['a second member without its first byte', [first, second.subarray(1)]],
  ['a second member whose first byte is zero', [first, zeros(1), second.subarray(1)]],
  ['a second member of another method', [first, damaged(second, 2)]],
  ['a second member with a damaged body', [first, damaged(second, second.length >> 1)]],
  ['a second member with a wrong checksum', [first, damaged(second, second.length - 6)]],
  ['a second member after zeros with a wrong size', [first, zeros(9), damaged(second, second.length - 2)]],
  ['a second member that is cut off', [first, second.subarray(0, -4)]],
  ['a second member after zeros that is cut off', [first, zeros(9), second.subarray(0, -4)]],
  ['text after the end', [first, second, Buffer.from('junk')]],
  ['zeros and text after the end', [first, second, zeros(4), Buffer.from('junk')]],
];

describe.each(SIZES)('gzip in chunks of %i bytes', (size) => {
  it.each(FILES)('reads all rows of %s', async (_, parts) => {
    const { train, publicTest, privateTest } = await loadFer2013(chunked(Buffer.concat(parts), size));
    expect(train.n + publicTest!.n + privateTest!.n).toBe(40);
  });

  it.each(DAMAGED)('refuses %s', async (name, parts) => {
    const loading = loadFer2013(chunked(Buffer.concat(parts), size), { name: 'a.csv.gz' });
    // Where a damaged body unpacks to something, a row is refused first.
    const code = expect.stringMatching(/damaged body/.test(name) ? /CORRUPT|INVALID_DATA/ : 'CORRUPT');
    // After zeros, zlib takes nothing for a member.
    const message = expect.stringContaining(
      /zeros and text|first byte is zero/.test(name) ? 'bytes that are not gzip' : '',
    );
    await expect(loading).rejects.toMatchObject({ code, message, place: { file: 'a.csv.gz' } });
  });
});

describe('parseFer2013', () => {
  const slow = (parts: readonly Uint8Array[]) =>
    parseFer2013(new Blob(parts.map((part) => new Uint8Array(part))).stream());

  it('reads one member, with zero bytes after it', async () => {
    for (const parts of [FILES[0][1], FILES[1][1]]) expect((await slow(parts)).train.n).toBe(24);
  });

  it.each([...FILES.slice(2), ...DAMAGED])('refuses %s', async (_, parts) => {
    await expect(slow(parts)).rejects.toMatchObject({ code: expect.stringMatching('CORRUPT|INVALID_DATA') });
  });
});
