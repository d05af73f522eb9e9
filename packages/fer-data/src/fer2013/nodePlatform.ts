import { createGunzip } from 'node:zlib';
import { csvRecords } from './csvRecords.js';
import type { Fer2013Platform } from './parseFer2013.js';

/** Chunks that can be put back. */
interface Source {
  /** The next chunk, or `undefined` at the end. */
  next(): Promise<Uint8Array | undefined>;
  /** Puts a part of the last chunk back in front. */
  unread(rest: Uint8Array): void;
}

/**
 * Unpacks gzip with zlib, which is twice as fast as `DecompressionStream`. A file may have several members, with zero
 * bytes after each (as tape drives and some tools write them). zlib takes zero bytes for the end of the file and ignores
 * everything after them: it is asked how many bytes it read, and the rest must be another member.
 *
 * Each chunk is written only when the one before has been used up, so that a source may use one buffer over and over.
 */
async function* zlibGunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = readable(chunks);
  yield* unpackMembers(source);
  for (let rest = await afterZeros(source); rest; rest = await afterZeros(source)) {
    if (rest[0] !== 0x1f) throw new Error('after the end of the data come bytes that are not gzip');
    source.unread(rest);
    yield* unpackMembers(source);
  }
}

function readable(chunks: AsyncIterable<Uint8Array>): Source {
  const iterator = chunks[Symbol.asyncIterator]();
  let kept: Uint8Array | undefined;
  return {
    async next() {
      const given = kept;
      kept = undefined;
      if (given) return given;
      const { done, value } = await iterator.next();
      return done ? undefined : value;
    },
    unread(rest) {
      kept = rest;
    },
  };
}

/** Skips zero bytes. Returns what follows in the same chunk, or `undefined` at the end. */
async function afterZeros(source: Source): Promise<Uint8Array | undefined> {
  for (let chunk = await source.next(); chunk; chunk = await source.next()) {
    const start = chunk.findIndex((byte) => byte !== 0);
    if (start >= 0) return chunk.subarray(start);
  }
  return undefined;
}

/** Unpacks members up to the end of the source, or to a zero byte after a member: the source then continues there. */
async function* unpackMembers(source: Source): AsyncGenerator<Uint8Array> {
  const unpacked = createGunzip({ chunkSize: 262_144 });
  const ended = new Promise<void>((resolve) => {
    unpacked.once('end', resolve);
    unpacked.once('close', resolve);
  });
  async function feed(): Promise<void> {
    let given = 0;
    try {
      for (let chunk = await source.next(); chunk; chunk = await source.next()) {
        const piece = chunk;
        given += piece.length;
        const used = new Promise<void>((resolve, reject) => {
          unpacked.write(piece, (error) => (error ? reject(error) : resolve()));
        });
        // The write of the chunk in which the data end is never reported.
        await Promise.race([used, ended]);
        if (unpacked.bytesWritten < given) {
          source.unread(piece.subarray(piece.length - (given - unpacked.bytesWritten)));
          return;
        }
      }
      unpacked.end();
    } catch (error) {
      unpacked.destroy(error as Error);
    }
  }
  const feeding = feed();
  try {
    yield* unpacked;
    await feeding;
  } finally {
    unpacked.destroy();
  }
}

/** The parts of the reader for which Node has something better than the portable code. */
export const NODE: Fer2013Platform = { gunzip: zlibGunzip, records: csvRecords };
