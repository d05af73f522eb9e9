import { checkString } from '../arguments.js';
import { checkIsArray, FerError } from '../errors.js';

/**
 * Throws if bytes are an SVG or other markup, plain or gzipped. Call it before a decoder sees them: a few kB of nested
 * references can take minutes to draw, or even to measure, and an SVG can name other files.
 *
 * @param file - The file's name, for the error.
 * @throws FerError `INVALID_DATA`, also for anything but bytes; `INVALID_ARGUMENT` for a file that is no string.
 *
 * @example
 * ```ts
 * refuseSvg(bytes, 'photo.svg');
 * ```
 */
export function refuseSvg(bytes: Uint8Array, file?: string): void {
  checkIsArray('the bytes of an image', bytes, 'Uint8Array');
  if (file !== undefined) checkString('the file', file);
  if (!isSvg(bytes)) return;
  const message = 'SVG files are not read, nor is other markup (a web page?): give a JPEG, PNG or WebP file.';
  throw new FerError('INVALID_DATA', message, { file });
}

/** What XML counts as white space. */
const SPACE = [0x09, 0x0a, 0x0d, 0x20];

/**
 * Whether a decoder could take bytes for an SVG: gzip, XML, or text with an `<svg` near its beginning. A comment of any
 * length can precede the `<svg` of XML, but no image of another format begins with `<`.
 */
function isSvg(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return true;
  let first = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (SPACE.includes(bytes[first])) first++;
  if (bytes[first] === 0x3c) return true;
  // Images of other formats have a zero byte before this end.
  const head = bytes.subarray(0, 1000);
  return !head.includes(0) && /<svg/i.test(new TextDecoder().decode(head));
}
