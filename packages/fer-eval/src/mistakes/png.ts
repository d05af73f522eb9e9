import { FerError, type Images } from 'fer-core';

/** The longest side of a face. Larger images are shrunk by a whole factor. */
const LONGEST = 96;

/**
 * Encodes one image as a PNG in a `data:` URL, for pages and SVG. The image must be grey or RGB; if it is longer than
 * 96 pixels, it is shrunk by averaging. Only needs `CompressionStream`, which browsers and Node have.
 *
 * @throws FerError `INVALID_DATA` if there are not 1 or 3 channels.
 */
export async function imageUrl(images: Images, row: number): Promise<string> {
  const { channels } = images;
  if (channels !== 1 && channels !== 3) {
    throw new FerError('INVALID_DATA', `images have ${channels} channels: only 1 (grey) and 3 (RGB) can be drawn.`);
  }
  const { pixels, height, width } = shrink(images, row);
  const line = width * channels;
  const filtered = new Uint8Array(height * (line + 1));
  for (let y = 0; y < height; y++) {
    // Filter 2, "up": each byte minus the byte above it, which compresses better.
    const at = y * (line + 1);
    filtered[at] = 2;
    for (let x = 0; x < line; x++) {
      filtered[at + 1 + x] = pixels[y * line + x] - (y === 0 ? 0 : pixels[(y - 1) * line + x]);
    }
  }
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header[8] = 8;
  header[9] = channels === 1 ? 0 : 2;
  const parts = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('IDAT', await deflate(filtered)),
    chunk('IEND', new Uint8Array()),
  ];
  let binary = '';
  for (const part of parts) for (const byte of part) binary += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(binary)}`;
}

/** The mean of each square of `factor` × `factor` pixels. */
function shrink({ images, height, width, channels }: Images, row: number) {
  const factor = Math.ceil(Math.max(height, width) / LONGEST);
  const start = row * height * width * channels;
  if (factor === 1) return { pixels: images.subarray(start, start + height * width * channels), height, width };
  const [low, narrow] = [Math.floor(height / factor) || 1, Math.floor(width / factor) || 1];
  const pixels = new Uint8Array(low * narrow * channels);
  for (let at = 0; at < pixels.length; at++) {
    const c = at % channels;
    const x = Math.floor(at / channels) % narrow;
    const y = Math.floor(at / channels / narrow);
    let sum = 0;
    let count = 0;
    for (let i = y * factor; i < Math.min(height, (y + 1) * factor); i++) {
      for (let j = x * factor; j < Math.min(width, (x + 1) * factor); j++) {
        sum += images[start + (i * width + j) * channels + c];
        count++;
      }
    }
    pixels[at] = Math.round(sum / count);
  }
  return { pixels, height: low, width: narrow };
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** The CRC of PNG files (ISO 3309), computed bit by bit, because the images are small. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
