import { createGunzip } from 'node:zlib';
import { csvRecords } from './csvRecords.js';
import type { Fer2013Platform } from './parseFer2013.js';

/**
 * Twice as fast as `DecompressionStream`, which hands over 16 kB at a time. Each chunk is written only once the one
 * before has been used up, so that a source may use one buffer over and over.
 */
async function* zlibGunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unpacked = createGunzip({ chunkSize: 262_144 });
  async function feed(): Promise<void> {
    try {
      for await (const chunk of chunks) {
        await new Promise<void>((resolve, reject) => {
          unpacked.write(chunk, (error) => (error ? reject(error) : resolve()));
        });
      }
      unpacked.end();
    } catch (error) {
      unpacked.destroy(error as Error);
    }
  }
  void feed();
  try {
    yield* unpacked;
  } finally {
    unpacked.destroy();
  }
}

/** What Node does better than the portable code. */
export const NODE: Fer2013Platform = { gunzip: zlibGunzip, records: csvRecords };
