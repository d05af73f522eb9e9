/** Measures how FER2013 frames faces: the positions of box and eyes that the detector finds in its 48×48 pictures. */
import type { Face, FaceDetector, Photo } from 'fer-faces';
import sharp from 'sharp';
import type { FaceFile } from './pastedFaces.js';

/** Factor by which pictures are enlarged, and the width of the grey border in pixels of the original picture. */
const [ZOOM, MARGIN] = [4, 24];

/** A face in the units of its picture: 0..48 from left to right and from top to bottom. */
export interface FramedFace {
  readonly centre: readonly [x: number, y: number];
  readonly width: number;
  readonly height: number;
  readonly eyes: readonly [x: number, y: number];
  readonly eyeDistance: number;
  readonly roll: number;
}

/** The detector's result for each file; files without a detected face are left out. */
export async function framedFaces(detector: FaceDetector, files: readonly FaceFile[]): Promise<FramedFace[]> {
  const all: FramedFace[] = [];
  for (const { file } of files) {
    const [face] = await detector.detect(await padded(file), { maxFaces: 1 });
    if (face) all.push(framed(face));
  }
  return all;
}

/** The median of some numbers, and the range of the middle 80 %. */
export interface Spread {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** The {@link Spread} of some numbers. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { low: at(0.1), median: at(0.5), high: at(0.9) };
}

async function padded(file: string): Promise<Photo> {
  const side = 48 * ZOOM;
  const margin = MARGIN * ZOOM;
  const enlarged = await sharp(file).resize(side, side, { kernel: 'cubic' }).png().toBuffer();
  const { data, info } = await sharp(enlarged)
    .extend({ top: margin, bottom: margin, left: margin, right: margin, background: '#808080' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { pixels: new Uint8Array(data), width: info.width, height: info.height };
}

function framed({ box, points, roll }: Face): FramedFace {
  const place = (pixels: number): number => pixels / ZOOM - MARGIN;
  const { rightEye, leftEye } = points!;
  return {
    centre: [place(box.x + box.width / 2), place(box.y + box.height / 2)],
    width: box.width / ZOOM,
    height: box.height / ZOOM,
    eyes: [place((rightEye.x + leftEye.x) / 2), place((rightEye.y + leftEye.y) / 2)],
    eyeDistance: Math.hypot(leftEye.x - rightEye.x, leftEye.y - rightEye.y) / ZOOM,
    roll,
  };
}
