/** Pictures with a synthetic face, for the fake camera and as photos. */
import { syntheticFaces } from 'fer-data';
import sharp from 'sharp';

const WIDTH = 640;
const HEIGHT = 480;
const FACE = 300;

/** A grey picture with one face, `shift` pixels to the right of the centre. */
function drawPicture(seed: number, shift = 0): Uint8Array {
  const { images } = syntheticFaces({ n: 1, seed, size: FACE, variation: 0 });
  const picture = new Uint8Array(WIDTH * HEIGHT).fill(128);
  const left = (WIDTH - FACE) / 2 + shift;
  for (let y = 0; y < FACE; y++) {
    picture.set(images.subarray(y * FACE, (y + 1) * FACE), (y + (HEIGHT - FACE) / 2) * WIDTH + left);
  }
  return picture;
}

/** A PNG with one face. */
export function fakePhoto(seed: number): Promise<Buffer> {
  return toPng(drawPicture(seed));
}

/** A PNG, 640 pixels wide, with three faces side by side. */
export function fakeGroup(): Promise<Buffer> {
  const [side, gap] = [180, 25];
  const { images } = syntheticFaces({ n: 3, seed: 3, size: side, variation: 0 });
  const picture = new Uint8Array(WIDTH * HEIGHT).fill(128);
  for (let face = 0; face < 3; face++) {
    for (let y = 0; y < side; y++) {
      const row = images.subarray((face * side + y) * side, (face * side + y + 1) * side);
      picture.set(row, (y + 150) * WIDTH + gap + face * (side + gap));
    }
  }
  return toPng(picture);
}

/** A uniformly grey PNG. */
export function emptyPhoto(): Promise<Buffer> {
  return toPng(new Uint8Array(WIDTH * HEIGHT).fill(128));
}

function toPng(picture: Uint8Array): Promise<Buffer> {
  return sharp(picture, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
    .png()
    .toBuffer();
}

/** A Y4M video of a moving face, which Chromium plays in a loop as its camera. */
export function fakeVideo(seed: number): Buffer {
  const grey = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const frames = Array.from({ length: 12 }, (_, i) => [
    Buffer.from('FRAME\n'),
    drawPicture(seed, Math.round(20 * Math.sin((i / 6) * Math.PI))),
    grey,
  ]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F30:1 Ip A1:1 C420mpeg2\n`), ...frames.flat()]);
}
