import { bytesToFloat32, FerError, float32ToBytes, type Json, sha256 } from 'fer-core';

/** The content of a sealed file: a JSON header, and arrays of numbers and bytes whose lengths are in the header. */
export interface Sealed {
  readonly header: Readonly<Record<string, Json>>;
  readonly body: Uint8Array;
}

/**
 * Encodes a sealed file: the length of the header (uint32, little-endian), the header (JSON, padded with spaces so that
 * the body starts at a multiple of four), the body (float32 numbers, little-endian), and the SHA-256 of everything
 * before it.
 */
export async function seal(
  header: Readonly<Record<string, Json>>,
  body: readonly (Float32Array | Uint8Array)[],
): Promise<Uint8Array> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = 4 + json.length + (-json.length & 3);
  const length = body.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const bytes = new Uint8Array(start + length + DIGEST);
  new DataView(bytes.buffer).setUint32(0, start - 4, true);
  bytes.fill(0x20, 4, start);
  bytes.set(json, 4);
  let at = start;
  for (const part of body) {
    bytes.set(part instanceof Float32Array ? float32ToBytes(part) : part, at);
    at += part.byteLength;
  }
  bytes.set(fromHex(await sha256(bytes.subarray(0, at))), at);
  return bytes;
}

/**
 * The inverse of {@link seal}.
 *
 * @throws FerError `CORRUPT` if any byte has changed since it was written.
 */
export async function unseal(bytes: Uint8Array): Promise<Sealed> {
  const end = bytes.length - DIGEST;
  if (end < 4 || (await sha256(bytes.subarray(0, end))) !== toHex(bytes.subarray(end))) {
    throw new FerError('CORRUPT', 'its checksum is not that of its content.');
  }
  const start = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  try {
    return { header: JSON.parse(new TextDecoder().decode(bytes.subarray(4, start))), body: bytes.subarray(start, end) };
  } catch (cause) {
    throw new FerError('CORRUPT', 'its header is no JSON.', {}, { cause });
  }
}

/** Reads arrays of numbers and bytes from a body, in order. */
export class BodyReader {
  readonly #body: Uint8Array;
  #at = 0;

  constructor(body: Uint8Array) {
    this.#body = body;
  }

  /**
   * Reads the next numbers. It returns a view if possible instead of a copy, since a solver reads all chunks dozens of
   * times.
   *
   * @throws FerError `CORRUPT` if there are too few.
   */
  floats(count: number): Float32Array {
    const bytes = this.bytes(count * 4);
    if (!LITTLE_ENDIAN || bytes.byteOffset % 4 !== 0) return bytesToFloat32(bytes, count);
    return new Float32Array(bytes.buffer, bytes.byteOffset, count);
  }

  /** Reads the next bytes. Throws `CORRUPT` if there are too few. */
  bytes(count: number): Uint8Array {
    const end = this.#at + count;
    if (!(Number.isInteger(count) && count >= 0 && end <= this.#body.length)) {
      throw new FerError('CORRUPT', 'it is shorter than its header says.');
    }
    const taken = this.#body.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** Throws `CORRUPT` if any bytes remain. */
  end(): void {
    if (this.#at !== this.#body.length) throw new FerError('CORRUPT', 'it is longer than its header says.');
  }
}

const DIGEST = 32;
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
