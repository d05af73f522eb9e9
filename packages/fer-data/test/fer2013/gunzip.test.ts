import { gzipSync } from 'node:zlib';
import { Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { gunzip } from '../../src/fer2013/gunzip.js';

/** Bytes in chunks of a size. */
async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function unpack(bytes: Uint8Array, size = bytes.length): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of gunzip(chunked(bytes, size))) pieces.push(piece);
  return Buffer.concat(pieces);
}

const random = new Random('gunzip');
const content = (length: number) => Uint8Array.from({ length }, () => random.int(256));
const zeros = (length: number) => new Uint8Array(length);

describe('gunzip', () => {
  it('unpacks any number of bytes, however they are cut', async () => {
    for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 50, 1001]) {
      const bytes = content(length);
      for (const size of [1, 3, 8, 5000]) expect((await unpack(gzipSync(bytes), size)).equals(bytes)).toBe(true);
    }
    const large = content(300_000);
    expect((await unpack(gzipSync(large), 70_000)).equals(large)).toBe(true);
  });

  it('takes up to 65,536 zero bytes after the end', async () => {
    const packed = gzipSync('text');
    for (const size of [70_000, 1000]) {
      expect(`${await unpack(Buffer.concat([packed, zeros(65_536)]), size)}`).toBe('text');
      await expect(unpack(Buffer.concat([packed, zeros(65_537)]), size)).rejects.toThrow();
    }
  });

  it('refuses what follows zero bytes, whichever half of a checksum and a size it resembles', async () => {
    const packed = gzipSync('text');
    const checksum = packed.subarray(-8, -4);
    const size = packed.subarray(-4);
    for (const rest of [
      [checksum, zeros(4)],
      [checksum, Buffer.of(1, 0, 0, 0)],
      [Buffer.of(1, 2, 3, 4), size],
      [zeros(4), size],
      [Buffer.of(1)],
    ]) {
      await expect(unpack(Buffer.concat([packed, zeros(3), ...rest]))).rejects.toThrow();
    }
    await expect(unpack(packed.subarray(0, -1))).rejects.toThrow();
    await expect(unpack(zeros(0))).rejects.toThrow();
  });
});
