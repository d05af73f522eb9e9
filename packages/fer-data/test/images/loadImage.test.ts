import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadImage, loadImageFolder } from 'fer-data/node';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fer-image-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const [WIDTH, HEIGHT] = [100, 60];
const grey = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i * 37 + (i % 7) * 50) & 255);
const picture = () => sharp(grey, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } });

async function put(name: string, content: Uint8Array | string): Promise<string> {
  const file = join(root, name);
  await writeFile(file, content);
  return file;
}

describe('loadImage', () => {
  it('takes the box, every grey value as it is where nothing needs resizing', async () => {
    const file = await put('a.png', await picture().png().toBuffer());
    const face = await loadImage(file, { box: { x: 30, y: 5, width: 48, height: 48 } });
    expect(face).toMatchObject({ n: 1, height: 48, width: 48, channels: 1 });
    const expected = Array.from({ length: 48 * 48 }, (_, i) => grey[(5 + Math.floor(i / 48)) * WIDTH + 30 + (i % 48)]);
    expect([...face.images]).toEqual(expected);
  });

  it('counts the box in the image as it is seen, turned by EXIF', async () => {
    // Orientation 6: a quarter turn clockwise. A dark square at the bottom left of the pixels is seen at the top left.
    const dark = await sharp(Buffer.alloc(24 * 24), { raw: { width: 24, height: 24, channels: 1 } })
      .png()
      .toBuffer();
    const file = await put(
      'turned.jpg',
      await sharp({ create: { width: 96, height: 48, channels: 3, background: '#fff' } })
        .composite([{ input: dark, top: 24, left: 0 }])
        .jpeg({ quality: 100 })
        .withMetadata({ orientation: 6 })
        .toBuffer(),
    );
    const at = async (x: number, y: number) =>
      (await loadImage(file, { box: { x, y, width: 24, height: 24 }, size: 24 })).images[12 * 24 + 12];
    expect(await at(0, 0)).toBeLessThan(10);
    expect(await at(24, 0)).toBeGreaterThan(245);
    // 72 rows from the top there are only once it is turned.
    expect(await at(0, 72)).toBeGreaterThan(245);
  });

  it('gives the pixels of loadImageFolder without a box', async () => {
    await mkdir(join(root, 'happy'));
    for (const [name, content] of [
      ['happy/a.png', await picture().png().toBuffer()],
      ['happy/b.jpg', await picture().resize(48, 48).jpeg().toBuffer()],
    ] as const) {
      const file = await put(name, content);
      const { train } = await loadImageFolder(root);
      expect((await loadImage(file)).images).toEqual(train.images);
      await rm(file);
    }
  });

  it.each([
    ['no file', 'missing.png', {}, 'NOT_FOUND', /missing\.png: no such file/],
    ['a folder', '.', {}, 'INVALID_DATA', /not a file/],
    ['a text', 'text.jpg', {}, 'INVALID_DATA', /text\.jpg: not an image/],
    ['half a picture', 'half.png', {}, 'INVALID_DATA', /half\.png: not an image/],
    ...[
      { x: 60, y: 0, width: 48, height: 48 },
      { x: -1, y: 0, width: 48, height: 48 },
      { x: 0, y: 0, width: 0, height: 48 },
      { x: 0.5, y: 0, width: 48, height: 48 },
    ].map((box) => ['a box outside', 'a.png', { box }, 'INVALID_ARGUMENT', /within the image of 100×60/] as const),
    ['no size', 'a.png', { size: 0 }, 'INVALID_ARGUMENT', /size is 0/],
  ] as const)('refuses %s', async (_, name, options, code, message) => {
    const png = await picture().png().toBuffer();
    await put('a.png', png);
    await put('half.png', png.subarray(0, png.length >> 1));
    await put('text.jpg', 'no picture');
    const loading = loadImage(join(root, name), options);
    await expect(loading).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
