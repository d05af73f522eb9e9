import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { loadPhoto } from 'fer-faces/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declare } from './pictures.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fer-photo-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function put(name: string, content: Uint8Array | string): Promise<string> {
  const file = join(root, name);
  await writeFile(file, content);
  return file;
}

/** Left half red, right half blue. */
const halves = () =>
  sharp({ create: { width: 8, height: 4, channels: 3, background: '#f00' } }).composite([
    { input: { create: { width: 4, height: 4, channels: 3, background: '#00f' } }, left: 4, top: 0 },
  ]);

describe('loadPhoto', () => {
  it('reads a file or its bytes as red, green and blue', async () => {
    const png = await halves().png().toBuffer();
    const photo = await loadPhoto(png);
    expect(photo).toMatchObject({ width: 8, height: 4 });
    expect([...photo.pixels.subarray(0, 3)]).toEqual([255, 0, 0]);
    expect([...photo.pixels.subarray(21, 24)]).toEqual([0, 0, 255]);
    const file = await put('a.png', png);
    const bytes = png.buffer.slice(png.byteOffset, png.byteOffset + png.length) as ArrayBuffer;
    const foreign = runInNewContext('Uint8Array.from(numbers)', { numbers: [...png] }) as Uint8Array;
    for (const source of [file, pathToFileURL(file), String(pathToFileURL(file)), bytes, foreign, new Blob([bytes])]) {
      expect(await loadPhoto(source)).toEqual(photo);
    }
    await expect(loadPhoto('https://example.org/a.png')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('turns a photo as its EXIF says', async () => {
    const turned = await halves().jpeg({ quality: 100 }).withMetadata({ orientation: 6 }).toBuffer();
    const { width, height, pixels } = await loadPhoto(turned);
    expect([width, height]).toEqual([4, 8]);
    expect(pixels[0]).toBeGreaterThan(200);
    expect(pixels[3 * 4 * 7 + 2]).toBeGreaterThan(200);
  });

  it('reads grey, CMYK, 16 bits, transparent and animated files', async () => {
    const grey = await halves().greyscale().png().toBuffer();
    expect((await loadPhoto(grey)).pixels).toHaveLength(96);
    const cmyk = await halves().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    const { pixels } = await loadPhoto(cmyk);
    expect(pixels).toHaveLength(96);
    expect(pixels[0]).toBeGreaterThan(pixels[2] + 100);
    const deep = await halves().toColourspace('rgb16').png().toBuffer();
    expect((await loadPhoto(deep)).pixels[0]).toBe(255);
    const clear = await sharp({ create: { width: 2, height: 2, channels: 4, background: '#ffffff00' } })
      .png()
      .toBuffer();
    expect([...(await loadPhoto(clear)).pixels]).toEqual(new Array(12).fill(0));
    const frames = await sharp(Buffer.from([...new Array(12).fill(255), ...new Array(12).fill(0)]), {
      raw: { width: 2, height: 4, channels: 3, pageHeight: 2 },
    })
      .gif({ loop: 0 })
      .toBuffer();
    expect(await loadPhoto(frames)).toMatchObject({ width: 2, height: 2, pixels: new Uint8Array(12).fill(255) });
  });

  it('refuses what is no photo, saying which file and what to do', async () => {
    const text = await put('notes.jpg', 'These are notes.');
    await expect(loadPhoto(text)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringMatching(/notes\.jpg.*give/),
    });
    await expect(loadPhoto(new Uint8Array(0))).rejects.toMatchObject({ code: 'INVALID_DATA' });
    const cut = (await halves().png().toBuffer()).subarray(0, 60);
    await expect(loadPhoto(cut)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(loadPhoto(join(root, 'none.jpg'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(loadPhoto(root)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(loadPhoto(5 as unknown as string)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(loadPhoto(text, { maxPixels: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('refuses an SVG before anything draws it', async () => {
    // Ten levels of ten references: ten billion circles.
    const levels = Array.from({ length: 10 }, (_, i) => `<g id="g${i + 1}">${`<use href="#g${i}"/>`.repeat(10)}</g>`);
    const body = `<circle id="g0" r="1"/>${levels.join('')}<use href="#g10"/>`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48">${body}</svg>`;
    const late = `<!-- ${'a long comment '.repeat(200)} -->${svg}`;
    for (const source of [
      svg,
      `<?xml version="1.0"?>\n<!-- a comment -->${svg}`,
      gzipSync(svg),
      late,
      `\ufeff\n${late}`,
    ]) {
      const refusal = { code: 'INVALID_DATA', message: expect.stringContaining('SVG files are not read') };
      await expect(loadPhoto(Buffer.from(source))).rejects.toMatchObject(refusal);
      await expect(loadPhoto(await put('drawing.svg', Buffer.from(source)))).rejects.toMatchObject(refusal);
    }
  });

  it('refuses 20,000×20,000 pixels before decoding them', async () => {
    const refused = loadPhoto(declare(await halves().png().toBuffer(), 20_000, 20_000));
    await expect(refused).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringMatching(/100,000,000 pixels/),
    });
    await expect(loadPhoto(await halves().png().toBuffer(), { maxPixels: 31 })).rejects.toMatchObject({
      code: 'INVALID_DATA',
    });
  });

  it('stops when told to', async () => {
    const reason = new Error('enough');
    await expect(loadPhoto(await halves().png().toBuffer(), { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });
});
