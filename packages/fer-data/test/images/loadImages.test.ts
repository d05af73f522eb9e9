import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatImages } from 'fer-data';
import { loadImage, loadImages } from 'fer-data/node';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root: string;
let files: Map<string, Buffer>;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fer-unlabelled-'));
  files = new Map();
  for (const [i, name] of ['b.png', 'a.jpg', 'c.webp'].entries()) {
    const pixels = Uint8Array.from({ length: 30 * 20 }, (_, at) => (at * 37 + i * 91 + (at % 7) * 50) & 255);
    const image = sharp(pixels, { raw: { width: 30, height: 20, channels: 1 } });
    files.set(
      name,
      await image.toFormat(name.endsWith('jpg') ? 'jpeg' : name.endsWith('png') ? 'png' : 'webp').toBuffer(),
    );
    await writeFile(join(root, name), files.get(name)!);
  }
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('loadImages', () => {
  it('loads the files of a folder, sorted by name, as loadImage loads them', async () => {
    await writeFile(join(root, '.DS_Store'), 'clutter');
    const seen: number[] = [];
    const { ids, skipped, ...images } = await loadImages(root, {
      size: 24,
      onProgress: (event) => event.kind === 'load' && seen.push(event.rows),
    });
    expect(ids).toEqual(['a.jpg', 'b.png', 'c.webp']);
    const one = (name: string) => loadImage(join(root, name), { size: 24 });
    expect(images).toEqual(concatImages(await one('a.jpg'), await one('b.png'), await one('c.webp')));
    expect([skipped, seen]).toEqual([[], [3]]);
  });

  it('loads a list of paths, URLs and bytes in its order', async () => {
    const bytes = new Uint8Array(files.get('b.png')!);
    const named = new File([new Uint8Array(files.get('a.jpg')!)], 'mine.jpg');
    const { ids, n, images } = await loadImages([join(root, 'c.webp'), bytes, named], { channels: 3 });
    expect([ids, n]).toEqual([[join(root, 'c.webp'), 'image 2', 'mine.jpg'], 3]);
    expect(images.subarray(2304 * 3, 2304 * 6)).toEqual((await loadImage(bytes, { channels: 3 })).images);
  });

  it('lists what it leaves out', async () => {
    await writeFile(join(root, 'notes.txt'), 'no image');
    await symlink(join(root, 'nowhere'), join(root, 'gone.png'));
    const { ids, skipped } = await loadImages(root, { onBadFile: 'skip' });
    expect(ids).toEqual(['a.jpg', 'b.png', 'c.webp']);
    expect(skipped.map(({ file }) => file)).toEqual([join(root, 'gone.png'), join(root, 'notes.txt')]);
    await expect(loadImages(root)).rejects.toMatchObject({ code: expect.stringMatching('NOT_FOUND|INVALID_DATA') });
    const bad = await loadImages([new Uint8Array(3)], { onBadFile: 'skip' });
    expect(bad).toMatchObject({ n: 0, ids: [], skipped: [{ file: 'image 1' }] });
  });

  it('refuses what it can not load', async () => {
    await expect(loadImages([])).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(loadImages(join(root, 'none'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(loadImages(root, { size: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(loadImages(undefined as unknown as string)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await mkdir(join(root, 'more'));
    await expect(loadImages(root)).rejects.toMatchObject({ code: 'INVALID_DATA', place: { file: join(root, 'more') } });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(loadImages([join(root, 'a.jpg')], { signal })).rejects.toThrow('enough');
  });
});
