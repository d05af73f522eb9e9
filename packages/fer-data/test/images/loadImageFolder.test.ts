import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Dataset, FER2013_CLASSES } from 'fer-core';
import { loadFer2013, loadImageFolder } from 'fer-data/node';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fer-images-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Grey values that no lossy step would leave as they are. */
const pixels = (size: number, seed = 0) =>
  Uint8Array.from({ length: size * size }, (_, i) => (i * 37 + seed * 101 + (i % 7) * 50) & 255);

async function put(name: string, content: Uint8Array | string): Promise<void> {
  const file = join(root, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

const png = (bytes: Uint8Array, size: number) =>
  sharp(bytes, { raw: { width: size, height: size, channels: 1 } })
    .png()
    .toBuffer();

describe('loadImageFolder', () => {
  it('reads class folders in the order of their paths, and keeps every grey value', async () => {
    for (const [name, seed] of [
      ['happy/b.png', 1],
      ['happy/a.png', 2],
      ['Anger/x.png', 3],
    ] as const) {
      await put(name, await png(pixels(48, seed), 48));
    }
    await put('happy/.DS_Store', 'clutter');
    const { train, publicTest, privateTest, skipped } = await loadImageFolder(root);
    expect(train.ids).toEqual(['Anger/x.png', 'happy/a.png', 'happy/b.png']);
    expect([...train.labels]).toEqual([0, 3, 3]);
    expect(train.images).toEqual(Uint8Array.from([3, 2, 1].flatMap((seed) => [...pixels(48, seed)])));
    expect(train).toMatchObject({ n: 3, height: 48, width: 48, channels: 1, classes: FER2013_CLASSES });
    expect([publicTest, privateTest, skipped]).toEqual([undefined, undefined, []]);
  });

  it.each([
    ['folders', ['train/sad/a.png', 'validation/sad/b.png', 'test/3/c.png']],
    ['file names', ['sad/Training_1.png', 'sad/PublicTest_2.png', 'happy/PrivateTest_3.png']],
  ])('tells splits by %s', async (_, names) => {
    for (const name of names) await put(name, await png(pixels(48), 48));
    const { train, publicTest, privateTest } = await loadImageFolder(root);
    expect([train, publicTest, privateTest].map((set) => set?.ids)).toEqual(names.map((name) => [name]));
    expect([train, publicTest, privateTest].map((set) => set?.labels[0])).toEqual([4, 4, 3]);
  });

  it('greys by BT.601, resizes, and turns as EXIF says', async () => {
    const colour = sharp({ create: { width: 20, height: 10, channels: 3, background: { r: 200, g: 100, b: 50 } } });
    await put('sad/colour.webp', await colour.webp({ lossless: true }).toBuffer());
    const dark = await sharp(Buffer.alloc(48 * 24), { raw: { width: 48, height: 24, channels: 1 } })
      .png()
      .toBuffer();
    const halves = sharp({ create: { width: 48, height: 48, channels: 3, background: '#fff' } }).composite([
      { input: dark, top: 0, left: 0 },
    ]);
    await put('sad/turned.jpg', await halves.jpeg({ quality: 100 }).withMetadata({ orientation: 6 }).toBuffer());
    const { train } = await loadImageFolder(root);
    const grey = (19595 * 200 + 38470 * 100 + 7471 * 50 + 32768) >>> 16;
    expect([...new Set(train.images.subarray(0, 2304))]).toEqual([grey]);
    const turned = train.images.subarray(2304);
    // Orientation 6 is a quarter turn clockwise: the dark top goes to the right.
    expect(turned[24 * 48 + 2]).toBeGreaterThan(245);
    expect(turned[24 * 48 + 45]).toBeLessThan(10);
    const { train: colours } = await loadImageFolder(root, { channels: 3, size: 8 });
    expect([...colours.images.subarray(0, 3)]).toEqual([200, 100, 50]);
    expect(colours).toMatchObject({ height: 8, width: 8, channels: 3 });
  });

  it('reads grey jpg files as sharp does, in three channels too, and puts up with what libjpeg puts up with', async () => {
    const grey = sharp(pixels(48), { raw: { width: 48, height: 48, channels: 1 } }).toColourspace('b-w');
    const jpeg = await grey.jpeg({ quality: 90 }).toBuffer();
    await put('sad/a.jpg', jpeg);
    await put('sad/b.jpg', Buffer.concat([jpeg.subarray(0, -2), Buffer.from('junk'), jpeg.subarray(-2)]));
    await put('sad/c.jpg', await grey.jpeg({ quality: 90, progressive: true }).toBuffer());
    const expected = [...(await sharp(jpeg).toColourspace('b-w').raw().toBuffer())];
    const { train } = await loadImageFolder(root);
    expect([...train.images]).toEqual([...expected, ...expected, ...expected]);
    const { train: colours } = await loadImageFolder(root, { channels: 3 });
    expect([...colours.images.subarray(0, 3 * 2304)]).toEqual(expected.flatMap((v) => [v, v, v]));
  });

  it('takes classes and synonyms of the user', async () => {
    await put('Cross/a.png', await png(pixels(48), 48));
    const { train } = await loadImageFolder(root, { classes: ['calm', 'furious'], synonyms: { cross: 'furious' } });
    expect([...train.labels]).toEqual([1]);
  });

  it('leaves out a jpg that is html and a truncated png if asked, and lists them', async () => {
    await put('sad/a.png', await png(pixels(48), 48));
    await put('sad/b.jpg', '<!doctype html><title>Not found</title>');
    const whole = await png(pixels(48, 5), 48);
    await put('sad/c.png', whole.subarray(0, whole.length >> 1));
    const { train, skipped } = await loadImageFolder(root, { onBadFile: 'skip' });
    expect(train.ids).toEqual(['sad/a.png']);
    expect(skipped.map(({ file }) => file)).toEqual([join(root, 'sad/b.jpg'), join(root, 'sad/c.png')]);
    await expect(loadImageFolder(root)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('sad/b.jpg'),
    });
  });

  it.each<[string, () => Promise<unknown>, string, RegExp]>([
    ['no such folder', async () => rm(root, { recursive: true }), 'NOT_FOUND', /no such file or folder/],
    ['an empty folder', async () => {}, 'INVALID_DATA', /no images/],
    ['an empty class', async () => mkdir(join(root, 'sad')), 'INVALID_DATA', /no images/],
    ['an unknown class', async () => put('sleepy/a.png', 'x'), 'INVALID_DATA', /sleepy: "sleepy" names no class/],
    ['an unknown class in a split', async () => put('train/sleepy/a.png', 'x'), 'INVALID_DATA', /names no class/],
    ['a file among the classes', async () => put('a.png', 'x'), 'INVALID_DATA', /a file where a folder/],
    ['a folder among the images', async () => put('sad/more/a.png', 'x'), 'INVALID_DATA', /a folder where an image/],
    [
      'a symlink loop through the folder above',
      async () => {
        await mkdir(join(root, 'sad'));
        await symlink('..', join(root, 'happy'));
      },
      'INVALID_DATA',
      /a link to a folder that contains it/,
    ],
    ['a symlink loop of one link', async () => symlink('sad', join(root, 'sad')), 'IO', /sad: /],
  ])('refuses %s', async (_, prepare, code, message) => {
    await prepare();
    await expect(loadImageFolder(root)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('follows links to folders elsewhere, also if one name begins with another', async () => {
    await put('real/sad/a.png', await png(pixels(48), 48));
    await mkdir(join(root, 'set', 'surprised'), { recursive: true });
    await put('set/surprised/b.png', await png(pixels(48, 1), 48));
    await symlink(join(root, 'real', 'sad'), join(root, 'set', 'sad'));
    const { train } = await loadImageFolder(join(root, 'set'));
    expect(train.ids).toEqual(['sad/a.png', 'surprised/b.png']);
    await symlink(join(root, 'nowhere.png'), join(root, 'set', 'sad', 'gone.png'));
    await expect(loadImageFolder(join(root, 'set'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('gone.png'),
    });
  });

  it.skipIf(process.platform !== 'linux')('refuses an unreadable file, or leaves it out (needs Linux)', async () => {
    await put('sad/a.png', await png(pixels(48), 48));
    // Even root can't read this one.
    await symlink('/proc/self/mem', join(root, 'sad', 'b.jpg'));
    await expect(loadImageFolder(root)).rejects.toMatchObject({ code: 'IO', place: { file: join(root, 'sad/b.jpg') } });
    const { train, skipped } = await loadImageFolder(root, { onBadFile: 'skip' });
    expect([train.ids, skipped.map(({ file }) => file)]).toEqual([['sad/a.png'], [join(root, 'sad/b.jpg')]]);
  });

  it('refuses a decompression bomb of an image', async () => {
    const jpeg = await sharp(pixels(48), { raw: { width: 48, height: 48, channels: 1 } })
      .jpeg()
      .toBuffer();
    // Height and width of the frame.
    jpeg.fill(0xfd, jpeg.indexOf(Uint8Array.of(0xff, 0xc0)) + 5, jpeg.indexOf(Uint8Array.of(0xff, 0xc0)) + 9);
    await put('sad/a.jpg', jpeg);
    await expect(loadImageFolder(root)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('exceeds pixel limit'),
    });
  });

  it.skipIf(process.platform === 'win32')(
    'refuses a pipe, which would never end (needs named pipes, which Windows lacks)',
    async () => {
      await mkdir(join(root, 'sad'));
      execFileSync('mkfifo', [join(root, 'sad', 'a.png')]);
      await expect(loadImageFolder(root)).rejects.toMatchObject({
        code: 'INVALID_DATA',
        message: expect.stringContaining('a pipe'),
      });
    },
  );

  it('reports progress, and stops when told', async () => {
    for (let i = 0; i < 20; i++) await put(`sad/${i}.png`, await png(pixels(48, i), 48));
    const seen: number[] = [];
    await loadImageFolder(root, { onProgress: (event) => event.kind === 'load' && seen.push(event.rows) });
    expect(seen).toEqual([16, 20]);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(loadImageFolder(root, { signal })).rejects.toThrow('enough');
  });
});

const data = process.env.FER_DATA ?? fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));

// Needs the real FER2013; skipped, and says so, where it is absent.
describe.skipIf(!existsSync(join(data, 'publictest-images')))(
  'the images of FER2013 (skipped without the data; set FER_DATA)',
  () => {
    it('are those of its csv rows', async () => {
      const [{ publicTest: images }, { publicTest: rows }] = await Promise.all([
        loadImageFolder(join(data, 'publictest-images')),
        loadFer2013(join(data, 'fer2013-train-public.csv.gz')),
      ]);
      expect(images?.n).toBe(3589);
      expect(sortedRows(images!)).toEqual(sortedRows(rows!));
    });
  },
);

function sortedRows({ images, labels, n }: Dataset): string[] {
  return Array.from(
    { length: n },
    (_, i) => `${labels[i]} ${Buffer.from(images.subarray(i * 2304, (i + 1) * 2304)).toString('base64')}`,
  ).sort();
}
