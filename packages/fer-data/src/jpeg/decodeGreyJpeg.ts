import { readJpegHeader } from './header.js';
import { ScanBits } from './huffman.js';
import { inverseDct, LARGEST_BLOCK, NATURAL_ORDER } from './inverseDct.js';

const EOI = 0xd9;
const RST0 = 0xd0;

/**
 * Decodes a grey baseline JPEG of a given size to the same pixels as libjpeg. This is the fast path for folders of small
 * faces, where the overhead of an image library is ten times the cost of decoding.
 *
 * Returns `undefined` for anything else (colour, progressive, another size, an EXIF orientation, a colour profile, or any
 * damage), so that the caller can fall back to a full decoder.
 *
 * @returns height × width grey levels, or `undefined`.
 */
export function decodeGreyJpeg(bytes: Uint8Array, height: number, width: number): Uint8Array | undefined {
  const header = readJpegHeader(bytes);
  if (!header || header.height !== height || header.width !== width) return undefined;
  const { quantization, dc, ac, restartInterval } = header;
  const [down, across] = [Math.ceil(height / 8), Math.ceil(width / 8)];
  const stride = 8 * across;
  const plane = new Uint8ClampedArray(8 * down * stride);
  const bits = new ScanBits(bytes, header.scan);
  const block = new Int32Array(64);
  let average = 0;
  for (let i = 0; i < down * across; i++) {
    if (restartInterval > 0 && i > 0 && i % restartInterval === 0) {
      if (!bits.marker(RST0 + ((i / restartInterval - 1) & 7))) return undefined;
      average = 0;
    }
    block.fill(0);
    const dcSize = bits.symbol(dc);
    if (dcSize < 0) return undefined;
    if (dcSize > 0) average += bits.signed(dcSize);
    block[0] = average * quantization[0];
    let total = Math.abs(block[0]);
    for (let k = 1; k < 64; k++) {
      const symbol = bits.symbol(ac);
      if (symbol < 0) return undefined;
      const size = symbol & 15;
      if (size === 0) {
        // 0 ends the block; 0xf0 stands for sixteen zeros.
        if (symbol === 0) break;
        if (symbol !== 0xf0) return undefined;
        k += 15;
        continue;
      }
      k += symbol >> 4;
      if (k > 63) return undefined;
      const at = NATURAL_ORDER[k];
      block[at] = bits.signed(size) * quantization[at];
      total += Math.abs(block[at]);
    }
    if (bits.overrun || total > LARGEST_BLOCK) return undefined;
    inverseDct(block, plane, 8 * (Math.floor(i / across) * stride + (i % across)), stride);
  }
  if (!bits.marker(EOI)) return undefined;
  const pixels = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) pixels.set(plane.subarray(y * stride, y * stride + width), y * width);
  return pixels;
}
