import { Random } from 'fer-core';

/** A row of a made FER2013 file. */
export interface Row {
  readonly emotion: number;
  readonly pixels: readonly number[];
  readonly usage: string;
}

/** Rows of random faces: labels in turn, usages as in the real file, first training, then the tests. */
export function makeRows(n: number, seed: number | string): Row[] {
  const random = new Random(seed);
  return Array.from({ length: n }, (_, i) => ({
    emotion: i % 7,
    pixels: Array.from({ length: 2304 }, () => random.int(256)),
    usage: i < 0.6 * n ? 'Training' : i < 0.8 * n ? 'PublicTest' : 'PrivateTest',
  }));
}

/** The canonical text of rows. */
export function toCsv(rows: readonly Row[]): string {
  return ['emotion,pixels,Usage', ...rows.map((r) => `${r.emotion},${r.pixels.join(' ')},${r.usage}`), ''].join('\n');
}

/** Bytes in chunks of random sizes around `mean`, each in a buffer that is overwritten by the next. */
export async function* chunked(bytes: Uint8Array, random: Random, mean: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(2 * mean);
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + 1 + random.int(2 * mean - 1));
    buffer.fill(0x35);
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
    at += piece.length;
  }
}

/** Text or bytes as one chunk. */
export async function* whole(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof content === 'string' ? new TextEncoder().encode(content) : content;
}
