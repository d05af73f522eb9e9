/** Decodes a base64 string. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

const IMPORT_SECTION = 2;
const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;
const SHARED = 2;

/**
 * Returns a copy of a WASM binary whose memory, imported or its own, is shared or not shared. A single bit of the
 * binary decides this, and nothing else depends on it: plain loads and stores work on both kinds of memory. So one
 * build serves pages with and without threads, and upstream's single-threaded binary gets a memory that our workers can
 * access.
 *
 * @param bytes - A valid binary with one memory that has a maximum size.
 * @see https://webassembly.github.io/threads/core/binary/types.html#limits
 */
export function withSharedMemory(bytes: Uint8Array<ArrayBuffer>, shared: boolean): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  const flags = memoryFlags(copy);
  if (!(copy[flags] & HAS_MAXIMUM)) throw new Error('The WASM memory has no maximum size, and so cannot be shared.');
  copy[flags] = shared ? HAS_MAXIMUM | SHARED : HAS_MAXIMUM;
  return copy;
}

/** Returns the position of the byte with the memory's flags. */
function memoryFlags(bytes: Uint8Array): number {
  let at = 8;
  const leb128 = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  };
  while (at < bytes.length) {
    const section = bytes[at++];
    const size = leb128();
    const end = at + size;
    if (section === MEMORY_SECTION && leb128() > 0) return at;
    if (section === IMPORT_SECTION) {
      for (let count = leb128(); count > 0; count--) {
        for (let names = 0; names < 2; names++) {
          const length = leb128();
          at += length;
        }
        const kind = bytes[at++];
        if (kind === 2) return at;
        if (kind === 0) leb128();
        else if (kind === 3) at += 2;
        else throw new Error('The WASM binary imports a table, which is not expected here.');
      }
    }
    at = end;
  }
  throw new Error('The WASM binary has no memory.');
}
