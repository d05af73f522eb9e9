/** Pictures for the tests. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { FaceBox, Photo } from 'fer-faces';
import { loadPhoto } from 'fer-faces/node';
import sharp from 'sharp';

/** A photograph of three people, 600×346, of the package `tracking` (a development dependency). */
export const THREE_FACES = join(
  dirname(createRequire(import.meta.url).resolve('tracking/package.json')),
  'examples/assets/faces.jpg',
);

/** Its faces, from left to right, drawn by hand. */
export const BOXES: readonly FaceBox[] = [
  { x: 46, y: 72, width: 88, height: 120 },
  { x: 230, y: 128, width: 92, height: 118 },
  { x: 456, y: 44, width: 90, height: 118 },
];

/** The photograph resized. */
export async function threeFaces(width: number): Promise<Photo> {
  return loadPhoto(await sharp(THREE_FACES).resize({ width }).png().toBuffer());
}

/** A photo whose pixels are computed. */
export function drawn(width: number, height: number, colour: (x: number, y: number) => ArrayLike<number>): Photo {
  const pixels = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) pixels.set(colour(i % width, Math.floor(i / width)), 3 * i);
  return { pixels, width, height };
}

/** A copy of a PNG whose header declares another size than its pixels have. */
export function declare(png: Uint8Array, width: number, height: number): Buffer {
  const changed = Buffer.from(png);
  // Width and height of the header chunk, and its checksum.
  changed.writeUInt32BE(width, 16);
  changed.writeUInt32BE(height, 20);
  changed.writeUInt32BE(crc32(changed.subarray(12, 29)), 29);
  return changed;
}

/** A valid PNG of black pixels, one bit each, so that a large one is a small file. */
export function blackPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const result = Buffer.alloc(body.length + 8);
  result.writeUInt32BE(data.length, 0);
  body.copy(result, 4);
  result.writeUInt32BE(crc32(body), result.length - 4);
  return result;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
