import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { resizeImages } from 'fer-data';
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
  it('takes the box, and keeps every grey value if nothing needs resizing', async () => {
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

  it('resizes as resizeImages does, enlarging and shrinking, whole and in a box', async () => {
    const file = await put('a.png', await picture().png().toBuffer());
    const whole = { images: grey, n: 1, height: HEIGHT, width: WIDTH, channels: 1 };
    for (const size of [24, 48, 96]) {
      const expected = resizeImages(whole, { height: size, width: size });
      expect((await loadImage(file, { size })).images).toEqual(expected.images);
    }
    const part = Uint8Array.from(
      { length: 24 * 24 },
      (_, i) => grey[(36 + Math.floor(i / 24)) * WIDTH + 76 + (i % 24)],
    );
    const corner = await put(
      'corner.png',
      await sharp(part, { raw: { width: 24, height: 24, channels: 1 } })
        .png()
        .toBuffer(),
    );
    const boxed = await loadImage(file, { box: { x: 76, y: 36, width: 24, height: 24 } });
    const cropped = await loadImage(corner);
    // The pixels around a box contribute to its border: three of them at this scale.
    const inside = (i: number) => i % 48 >= 6 && i >= 6 * 48;
    expect([...boxed.images].filter((_, i) => inside(i))).toEqual([...cropped.images].filter((_, i) => inside(i)));
  });

  it('takes the bytes of a file in any form', async () => {
    const png = await picture().png().toBuffer();
    const file = await put('a.png', png);
    const expected = await loadImage(file);
    const bytes = new Uint8Array(png);
    for (const source of [
      png,
      bytes,
      bytes.buffer,
      new Blob([bytes]),
      new File([bytes], 'a.png'),
      pathToFileURL(file),
      pathToFileURL(file).href,
    ]) {
      expect(await loadImage(source)).toEqual(expected);
    }
  });

  it('takes boxes as detectors give them: of fractions, over the edge, not square', async () => {
    const file = await put('a.png', await picture().png().toBuffer());
    const take = (x: number, y: number, width: number, height: number, stretch = false) =>
      loadImage(file, { box: { x, y, width, height }, stretch });
    expect(await take(20, 10, 30.5, 20.5)).toEqual(await take(20, 5, 30.5, 30.5));
    expect(await take(20, 10, 20, 40)).toEqual(await take(10, 10, 40, 40));
    expect(await take(20, 10, 20, 40, true)).not.toEqual(await take(20, 10, 20, 40));
    // Over the edge, the image goes on with its border pixels.
    const corner = await take(-48, -48, 96, 96);
    expect(new Set(Array.from({ length: 15 }, (_, i) => corner.images[i * 48 + i]))).toEqual(new Set([grey[0]]));
    const padded = Uint8Array.from({ length: 48 * 48 }, (_, i) => {
      const [x, y] = [90 + (i % 48), 40 + Math.floor(i / 48)];
      return grey[Math.min(HEIGHT - 1, y) * WIDTH + Math.min(WIDTH - 1, x)];
    });
    expect((await take(90, 40, 48, 48)).images).toEqual(padded);
  });

  it('reads a file by its bytes, not by options in its name', async () => {
    await put('a.png', await picture().png().toBuffer());
    const other = await picture().negate().png().toBuffer();
    const file = await put('a.png[access=random]', other);
    expect(await loadImage(file)).toEqual(await loadImage(other));
    expect(await loadImage(file)).not.toEqual(await loadImage(join(root, 'a.png')));
  });

  it('refuses an SVG before anything draws it', async () => {
    // Ten levels of ten references: ten billion circles.
    const levels = Array.from({ length: 10 }, (_, i) => `<g id="g${i + 1}">${`<use href="#g${i}"/>`.repeat(10)}</g>`);
    const body = `<circle id="g0" r="1"/>${levels.join('')}<use href="#g10"/>`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48">${body}</svg>`;
    const late = `<!-- ${'a long comment '.repeat(200)} -->${svg}`;
    const sources = [svg, `<?xml version="1.0"?>\n<!-- a comment -->${svg}`, gzipSync(svg), late, `\ufeff\n${late}`];
    for (const source of sources) {
      await expect(loadImage(Buffer.from(source))).rejects.toMatchObject({
        code: 'INVALID_DATA',
        message: expect.stringContaining('SVG files are not read'),
      });
    }
  });

  it.each([
    ['no file', 'missing.png', {}, 'NOT_FOUND', /missing\.png: no such file/],
    ['a folder', '.', {}, 'INVALID_DATA', /a folder/],
    ['a text', 'text.jpg', {}, 'INVALID_DATA', /text\.jpg: not an image/],
    ['an empty file', 'empty.png', {}, 'INVALID_DATA', /empty\.png: the image is empty/],
    ['half a picture', 'half.png', {}, 'INVALID_DATA', /half\.png: not an image/],
    ...[
      { x: 100, y: 0, width: 48, height: 48 },
      { x: -48, y: 0, width: 48, height: 48 },
      { x: 0, y: 60, width: 48, height: 48 },
      { x: 0, y: -48, width: 48, height: 48 },
      { x: 0, y: 0, width: 0, height: 48 },
      { x: 0, y: 0, width: 48, height: -1 },
      { x: Number.NaN, y: 0, width: 48, height: 48 },
      { x: 0, y: 0, width: 48, height: Number.POSITIVE_INFINITY },
      { x: 0, y: 0, width: 1e9, height: 48 },
    ].map((box) => [`the box ${JSON.stringify(box)}`, 'a.png', { box }, 'INVALID_ARGUMENT', /of 100×60/] as const),
    ['no size', 'a.png', { size: 0 }, 'INVALID_ARGUMENT', /size is 0/],
    ['a huge size', 'a.png', { size: 1e6 }, 'INVALID_ARGUMENT', /size is 1000000: .* to 10,000/],
    ['two channels', 'a.png', { channels: 2 as 1 }, 'INVALID_ARGUMENT', /channels is 2/],
  ] as const)('refuses %s', async (_, name, options, code, message) => {
    const png = await picture().png().toBuffer();
    await put('a.png', png);
    await put('half.png', png.subarray(0, png.length >> 1));
    await put('empty.png', '');
    await put('text.jpg', 'no picture');
    const loading = loadImage(join(root, name), options);
    await expect(loading).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each([
    ['https://example.org/a.jpg', 'UNSUPPORTED', /fetch it/],
    [new URL('http://example.org/a.jpg'), 'UNSUPPORTED', /fetch it/],
    [undefined, 'INVALID_ARGUMENT', /type undefined/],
    [null, 'INVALID_ARGUMENT', /type null/],
    [42, 'INVALID_ARGUMENT', /type number/],
  ])('refuses the source %s', async (source, code, message) => {
    const loading = loadImage(source as string);
    await expect(loading).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
