import { FerError } from 'fer-core';
import { inflateSync } from 'fflate';

/** A file in an archive, as listed in the directory. */
interface Entry {
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Position of its local header. */
  readonly at: number;
}

/** Whether these are the first bytes of a ZIP archive. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/** Deflate's largest compression ratio. */
const LARGEST_RATIO = 1032;

/**
 * Reads files from a ZIP archive (PKWARE's APPNOTE), stored or deflated, and checks their CRC-32.
 *
 * @param names - Names of the files to read.
 * @param file - Path or URL of the archive, for messages.
 * @returns The files, in the order of `names`.
 * @throws FerError `CORRUPT` if the archive is damaged or lacks a file; `UNSUPPORTED` if a file is encrypted or uses
 *   another compression method.
 */
export function unzip(bytes: Uint8Array, names: readonly string[], file: string): Uint8Array[] {
  const corrupt = (why: string) => new FerError('CORRUPT', `${why}: fetch or save it again.`, { file });
  let entries: ReadonlyMap<string, Entry>;
  try {
    entries = directoryOf(bytes);
  } catch (cause) {
    throw new FerError('CORRUPT', 'its ZIP directory is cut short or damaged: fetch it again.', { file }, { cause });
  }
  return names.map((name) => {
    const entry = entries.get(name);
    if (!entry) throw corrupt(`the archive has no ${name}`);
    if (entry.method !== 0 && entry.method !== 8) {
      throw new FerError('UNSUPPORTED', `${name} is packed by method ${entry.method}: pack it by deflate.`, { file });
    }
    const unpacked = unpack(bytes, entry);
    if (!unpacked || unpacked.length !== entry.size || crc32(unpacked) !== entry.crc) {
      throw corrupt(`${name} in the archive is damaged`);
    }
    return unpacked;
  });
}

function directoryOf(bytes: Uint8Array): Map<string, Entry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  // A comment of up to 64 kB may follow the end record.
  while (view.getUint32(end, true) !== 0x06054b50) end--;
  const count = view.getUint16(end + 10, true);
  const entries = new Map<string, Entry>();
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    if (view.getUint32(at, true) !== 0x02014b50) throw new RangeError('no directory entry');
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const encrypted = (view.getUint16(at + 8, true) & 1) === 1;
    entries.set(new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + name)), {
      method: encrypted ? 99 : view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    });
    at += 46 + name + extra + comment;
  }
  return entries;
}

/** Returns the bytes of a file, or `undefined` if they are damaged. */
function unpack(bytes: Uint8Array, { method, packed, size, at }: Entry): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + 30 > bytes.length || view.getUint32(at, true) !== 0x04034b50) return undefined;
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + packed > bytes.length || size > packed * LARGEST_RATIO) return undefined;
  const data = bytes.subarray(start, start + packed);
  if (method === 0) return data;
  try {
    return inflateSync(data, { out: new Uint8Array(size) });
  } catch {
    return undefined;
  }
}

let table: Uint32Array | undefined;

function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
