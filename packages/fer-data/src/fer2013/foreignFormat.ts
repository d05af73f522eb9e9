const MAGIC: readonly (readonly [name: string, offset: number, bytes: string])[] = [
  ['a JPEG image', 0, '\xff\xd8\xff'],
  ['a PNG image', 0, '\x89PNG'],
  ['a zip archive: unpack it first', 0, 'PK\x03\x04'],
  ['a bzip2 file: unpack it first', 0, 'BZh'],
  ['an xz file: unpack it first', 0, '\xfd7zXZ'],
  ['gzip within gzip: unpack it first', 0, '\x1f\x8b'],
  ['a tar archive: unpack it first', 257, 'ustar'],
  ['text in UTF-16: save it as UTF-8', 0, '\xff\xfe'],
  ['text in UTF-16: save it as UTF-8', 0, '\xfe\xff'],
];

/**
 * Recognises files that are given by mistake instead of a csv, from their first bytes.
 *
 * @param head - The first 512 bytes or more.
 * @returns What the file is, or `undefined` if it may be text.
 */
export function foreignFormat(head: Uint8Array): string | undefined {
  for (const [name, offset, bytes] of MAGIC) {
    if (Array.from(bytes).every((char, i) => head[offset + i] === char.charCodeAt(0))) return name;
  }
  if (head.subarray(0, 512).includes(0)) return 'binary data';
  if (/^\s*</.test(new TextDecoder().decode(head.subarray(0, 64))))
    return 'a web page (HTML or XML): download it again';
  return undefined;
}
