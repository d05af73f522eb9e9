import { checkString } from '../arguments.js';
import { checkIsArray, FerError } from '../errors.js';

/**
 * Throws if bytes are an SVG, plain or gzipped. Call it before a decoder sees them: a few kB of nested references can
 * take minutes to draw, or even to measure, and an SVG can name other files.
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
  if (isSvg(bytes)) throw new FerError('INVALID_DATA', 'SVG files are not read: convert it to PNG first.', { file });
}

function isSvg(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return true;
  // Where librsvg looks for it. Images of other formats have a zero byte before this end.
  const head = bytes.subarray(0, 1000);
  return !head.includes(0) && /<svg/i.test(new TextDecoder().decode(head));
}
