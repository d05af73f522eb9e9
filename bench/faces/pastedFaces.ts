/** Faces of FER2013, enlarged, rotated and pasted into pictures without faces. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from 'fer-core';
import type { FaceBox, Photo } from 'fer-faces';
import sharp, { type OverlayOptions } from 'sharp';

/** A face of FER2013, as a file. */
export interface FaceFile {
  readonly file: string;
  readonly label: string;
}

/** The position of a pasted face. */
export interface PastedFace {
  /** The square filled by the 48×48 picture, before rotation about its centre. */
  readonly square: FaceBox;
  /** Degrees, clockwise. */
  readonly turn: number;
  readonly source: FaceFile;
}

/** A picture with faces. */
export interface Scene {
  readonly photo: Photo;
  readonly faces: readonly PastedFace[];
}

/** The files of a folder with one folder per class. */
export function faceFiles(folder: string): FaceFile[] {
  return readdirSync(folder)
    .sort()
    .flatMap((label) =>
      readdirSync(join(folder, label))
        .sort()
        .map((name) => ({ file: join(folder, label, name), label })),
    );
}

/**
 * A picture of the given width, 4:3, with 1 to 8 faces that do not touch. The size of each is 3 to 80 % of the width
 * (at least 40 pixels, at most what fits), and it is rotated by up to ±20°.
 */
export async function makeScene(
  background: Photo,
  width: number,
  files: readonly FaceFile[],
  random: Random,
): Promise<Scene> {
  const height = Math.round(width * 0.75);
  const raw = { width: background.width, height: background.height, channels: 3 as const };
  const base = await sharp(background.pixels, { raw }).resize(width, height, { fit: 'cover' }).raw().toBuffer();
  const faces: PastedFace[] = [];
  const wanted = 1 + random.int(8);
  for (let tries = 0; tries < 400 && faces.length < wanted; tries++) {
    const least = Math.max(40, 0.03 * width);
    const most = Math.min(0.8 * width, 0.7 * height);
    const side = Math.round(least * (most / least) ** random.uniform());
    const turn = random.between(-20, 20);
    const reach = Math.ceil((side * (Math.cos(Math.PI / 9) + Math.sin(Math.PI / 9)) - side) / 2) + 2;
    const [roomX, roomY] = [width - side - 2 * reach, height - side - 2 * reach];
    if (roomX < 1 || roomY < 1) continue;
    const square = { x: reach + random.int(roomX), y: reach + random.int(roomY), width: side, height: side };
    const apart = faces.every(({ square: other }) => {
      const gap = reach + 0.12 * (side + other.width);
      return (
        square.x > other.x + other.width + gap ||
        other.x > square.x + side + gap ||
        square.y > other.y + other.height + gap ||
        other.y > square.y + side + gap
      );
    });
    if (apart) faces.push({ square, turn, source: files[random.int(files.length)] });
  }
  const layers = await Promise.all(faces.map(layerOf));
  const pixels = await sharp(base, { raw: { width, height, channels: 3 } })
    .composite(layers)
    .removeAlpha()
    .raw()
    .toBuffer();
  return { photo: { pixels: new Uint8Array(pixels), width, height }, faces };
}

async function layerOf({ square, turn, source }: PastedFace): Promise<OverlayOptions> {
  const face = await sharp(source.file)
    .resize(square.width, square.height, { kernel: 'cubic' })
    .toColourspace('srgb')
    .ensureAlpha()
    .png()
    .toBuffer();
  const { data, info } = await sharp(face)
    .rotate(turn, { background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .png()
    .toBuffer({ resolveWithObject: true });
  const left = Math.round(square.x + (square.width - info.width) / 2);
  const top = Math.round(square.y + (square.height - info.height) / 2);
  return { input: data, left, top };
}
