import { basename, extname, join, resolve } from 'node:path';
import { writeFileAtomic } from 'fer-core/node';
import type { FaceReading, Photo } from 'fer-faces';
import sharp from 'sharp';

/**
 * Writes a photo with boxes and labels around its faces into a folder, as a JPEG.
 *
 * @param taken - Paths that must not be written: the photos themselves, and earlier outputs, because photos from
 *   different folders may have the same name. The path of this output is added.
 * @returns The path written.
 */
export async function drawFaces(
  file: string,
  { pixels, width, height }: Photo,
  faces: readonly FaceReading[],
  folder: string,
  taken: Set<string>,
): Promise<string> {
  const line = Math.max(1, Math.round(Math.max(width, height) / 400));
  const font = Math.max(10, 6 * line);
  const boxes = faces.map(({ box, expression, probabilities }) => {
    const share = probabilities ? ` ${Math.round(100 * probabilities[expression])} %` : '';
    const y = box.y > 1.5 * font ? box.y - 0.4 * font : box.y + box.height + 1.1 * font;
    return `<rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" fill="none" stroke="#0f6" stroke-width="${line}"/>
      <text x="${box.x}" y="${y}" font-family="sans-serif" font-size="${font}" fill="#fff" stroke="#000" stroke-width="${font / 6}" paint-order="stroke">${escapeXml(expression + share)}</text>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${boxes.join('')}</svg>`;
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(svg) }])
    .jpeg({ quality: 90 })
    .toBuffer();
  const target = freePath(join(folder, `${basename(file, extname(file))}-faces`), taken);
  await writeFileAtomic(target, jpeg);
  taken.add(resolve(target));
  return target;
}

function freePath(stem: string, taken: ReadonlySet<string>): string {
  let path = `${stem}.jpg`;
  for (let i = 2; taken.has(resolve(path)); i++) path = `${stem}-${i}.jpg`;
  return path;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
