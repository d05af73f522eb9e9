/** How accurately a detector's `roll` measures a rotation. */
import type { FaceDetector } from 'fer-faces';
import sharp from 'sharp';
import { type Spread, spread } from './framing.js';
import type { FaceFile } from './pastedFaces.js';

/** The side of the face in the picture in pixels, and its rotation to either side in degrees. */
const [SIDE, TURN] = [200, 20];

/** Results for faces rotated to the left and to the right. */
export interface TurnedResult {
  readonly faces: number;
  /** The difference of both rolls divided by the true difference: 1 is exact. */
  readonly share: Spread;
  /** Absolute error of the difference from the unrotated face's roll, in degrees. */
  readonly error: Spread;
}

/** Pastes each face onto grey, upright and rotated, and compares the rolls. */
export async function turned(detector: FaceDetector, files: readonly FaceFile[]): Promise<TurnedResult> {
  const [shares, errors]: [number[], number[]] = [[], []];
  for (const { file } of files) {
    const rolls: number[] = [];
    for (const angle of [-TURN, 0, TURN]) {
      const [face] = await detector.detect(await onGrey(file, angle), { maxFaces: 1 });
      if (face) rolls.push(face.roll);
    }
    if (rolls.length < 3) continue;
    const [left, upright, right] = rolls;
    shares.push((right - left) / (2 * TURN));
    errors.push(Math.abs(right - upright - TURN), Math.abs(upright - left - TURN));
  }
  return { faces: shares.length, share: spread(shares), error: spread(errors) };
}

async function onGrey(file: string, angle: number) {
  const enlarged = await sharp(file).resize(SIDE, SIDE, { kernel: 'cubic' }).toColourspace('srgb').ensureAlpha().png();
  const { data: input, info } = await sharp(await enlarged.toBuffer())
    .rotate(angle, { background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .png()
    .toBuffer({ resolveWithObject: true });
  const [width, height] = [640, 480];
  const [left, top] = [(width - info.width) >> 1, (height - info.height) >> 1];
  const pixels = await sharp({ create: { width, height, channels: 3, background: '#7a8070' } })
    .composite([{ input, left, top }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { pixels: new Uint8Array(pixels), width, height };
}
