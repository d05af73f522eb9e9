/** Zero bytes after the data that are accepted, and the eight bytes before them. */
const TAIL = 65_536 + 8;

/**
 * Unpacks gzip with the platform's `DecompressionStream`, which rejects damaged data and data that end too early.
 *
 * Some runtimes, Node before version 24 among them, silently ignore what follows the first zero byte after a member.
 * So the last eight bytes of the input, zeros aside, must be the checksum and the size of all that was unpacked. A file
 * of several members is refused, as browsers do.
 *
 * Does not close `chunks` if iteration stops early: not all runtimes notify the source of a piped stream.
 */
export async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  let tail = new Uint8Array(0);
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else {
        tail = lastBytes(tail, value);
        controller.enqueue(value as Uint8Array<ArrayBuffer>);
      }
    },
  });
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader();
  let [size, checksum] = [0, 0];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      checksum = crc32(value, checksum);
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
  if (!endsWith(tail, checksum, size)) {
    throw new Error('its end does not match its content, or it has several members, which fer-data/node reads');
  }
}

/** The last bytes of the kept bytes followed by a chunk. */
function lastBytes(kept: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(Math.min(TAIL, kept.length + chunk.length));
  const own = chunk.subarray(Math.max(0, chunk.length - TAIL));
  const before = joined.length - own.length;
  joined.set(kept.subarray(kept.length - before));
  joined.set(own, before);
  return joined;
}

/** Whether bytes end with a member's checksum and size, or with these and zeros. */
function endsWith(tail: Uint8Array, checksum: number, size: number): boolean {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let at = tail.length - 8; at >= 0; at--) {
    if (view.getUint32(at, true) === checksum >>> 0 && view.getUint32(at + 4, true) === size % 2 ** 32) return true;
    if (tail[at + 7] !== 0) return false;
  }
  return false;
}

/** Four tables, so that four bytes take one step (Kounavis & Berry, 2005, "slicing-by-4"). */
const TABLES = Array.from({ length: 4 }, () => new Int32Array(256));
for (let i = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  TABLES[0][i] = value;
}
for (let i = 0; i < 256; i++) {
  for (let t = 1; t < 4; t++) {
    const before = TABLES[t - 1][i];
    TABLES[t][i] = (before >>> 8) ^ TABLES[0][before & 255];
  }
}

/**
 * Updates gzip's CRC-32 (RFC 1952) with further bytes.
 *
 * @param before - The checksum of the preceding bytes; 0 at the beginning.
 */
function crc32(bytes: Uint8Array, before: number): number {
  const [t0, t1, t2, t3] = TABLES;
  let crc = ~before;
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    crc = t3[crc & 255] ^ t2[(crc >>> 8) & 255] ^ t1[(crc >>> 16) & 255] ^ t0[crc >>> 24];
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]) & 255];
  return ~crc;
}
