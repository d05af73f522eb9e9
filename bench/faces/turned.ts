/** How much of a turn a detector's `roll` tells. */
import type { FaceDetector } from 'fer-faces';
import sharp from 'sharp';
import { type Spread, spread } from './framing.js';
import type { FaceFile } from './pastedFaces.js';

/** The face's side in the picture, in pixels, and by how much it is turned to either side, in degrees. */
const [SIDE, TURN] = [200, 20];

/** Of faces turned to the left and to the right. */
export interface TurnedResult {
  readonly faces: number;
  /** The difference of both rolls, in units of the real one: 1 is right. */
  readonly share: Spread;
  /** By how many degrees the difference to the unturned face's roll is off, without a sign. */
  readonly error: Spread;
}

/** Pastes each face onto grey, as it is and turned, and compares the rolls. */
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
