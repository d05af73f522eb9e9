import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Dataset, selectRows } from 'fer-core';
import { type Splits, stratifiedSplit, syntheticFaces } from 'fer-data';
import { exportCsv, exportImageFolder, loadFer2013, loadImageFolder } from 'fer-data/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fer-export-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const faces = syntheticFaces({ n: 60, seed: 3 });
const [train, publicTest] = stratifiedSplit(faces, 0.3, { seed: 1 });
const splits: Splits = { train, publicTest };

const pixelsAndLabels = ({ images, labels, n }: Dataset) => ({ images, labels, n });

/** Rows class by class, as folders hold them. */
const byClass = (data: Dataset) =>
  selectRows(
    data,
    [...data.labels.keys()].sort((a, b) => {
      const [x, y] = [a, b].map((row) => data.classes[data.labels[row]]);
      return x === y ? a - b : x < y ? -1 : 1;
    }),
  );

describe('exportCsv', () => {
  it.each(['a.csv', 'a.csv.gz'])('writes what loadFer2013 reads back: %s', async (name) => {
    const file = join(root, 'new', name);
    await exportCsv(file, splits);
    const again = await loadFer2013(file);
    expect(pixelsAndLabels(again.train)).toEqual(pixelsAndLabels(train));
    expect(pixelsAndLabels(again.publicTest!)).toEqual(pixelsAndLabels(publicTest));
    expect(again.privateTest).toBeUndefined();
    expect(await readdir(join(root, 'new'))).toEqual([name]);
    expect((await readFile(file))[0]).toBe(name.endsWith('gz') ? 0x1f : 'e'.charCodeAt(0));
  });

  it('writes the text of the original', async () => {
    const images = Uint8Array.from({ length: 2304 }, (_, i) => i % 256);
    await exportCsv(join(root, 'a.csv'), { ...selectRows(faces, [0]), images, labels: Uint8Array.of(4) });
    const expected = `emotion,pixels,Usage\n4,${[...images].join(' ')},Training\n`;
    expect(await readFile(join(root, 'a.csv'), 'utf8')).toBe(expected);
  });

  it('has room for rows whose pixels all have three digits', async () => {
    const images = new Uint8Array(2 * 2304).fill(255);
    const file = join(root, 'a.csv');
    await exportCsv(file, { ...selectRows(faces, [0, 1]), images });
    expect((await loadFer2013(file)).train.images).toEqual(images);
  });

  it('refuses what the csv cannot hold, and leaves the old file', async () => {
    const file = join(root, 'a.csv');
    await writeFile(file, 'old');
    const renamed = { ...faces, classes: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] };
    const shaped = (height: number, width: number, channels: number) => {
      const images = new Uint8Array(height * width * channels);
      return { images, n: 1, height, width, channels, labels: Uint8Array.of(0), classes: faces.classes };
    };
    for (const [data, message] of [
      [renamed, 'classes [a, b, c, d, e, f, g]: '],
      [shaped(32, 48, 1), 'images of 32×48×1: '],
      [shaped(48, 32, 1), 'images of 48×32×1: '],
      [shaped(48, 48, 3), 'images of 48×48×3: '],
      [selectRows(faces, []), 'empty'],
    ] as const) {
      const refused = { code: 'INVALID_DATA', message: expect.stringContaining(message) };
      await expect(exportCsv(file, data)).rejects.toMatchObject(refused);
    }
    await expect(exportCsv(file, renamed)).rejects.toThrow(`numbers for [${faces.classes.join(', ')}]`);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(exportCsv(file, faces, { signal })).rejects.toThrow('enough');
    expect(await readdir(root)).toEqual(['a.csv']);
    expect(await readFile(file, 'utf8')).toBe('old');
  });

  it.each(['a.csv', 'a.csv.gz'])('stops where it is aborted, and leaves the old file: %s', async (name) => {
    const file = join(root, name);
    await exportCsv(file, train);
    const old = await readFile(file);
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const many = syntheticFaces({ n: 300, seed: 1 });
    await expect(exportCsv(file, many, { signal: controller.signal, onProgress })).rejects.toThrow(/^enough$/);
    expect(await readdir(root)).toEqual([name]);
    expect((await readFile(file)).equals(old)).toBe(true);
  });

  it('says which folder cannot be made', async () => {
    await writeFile(join(root, 'a'), 'a file');
    const file = join(root, 'a', 'b', 'c.csv');
    await expect(exportCsv(file, faces)).rejects.toMatchObject({ name: 'FerError', place: { file } });
    expect(await readdir(root)).toEqual(['a']);
  });

  it('replaces a csv of faces or an empty file, and nothing else', async () => {
    const file = join(root, 'a.csv');
    await writeFile(file, '');
    await exportCsv(file, faces);
    await exportCsv(file, train, { gzip: true });
    expect((await loadFer2013(file)).train.n).toBe(train.n);
    await exportCsv(file, faces);
    await writeFile(file, '"emotion","pixels"\n');
    await exportCsv(file, faces);
    expect((await loadFer2013(file)).train.n).toBe(60);
    for (const content of ['old', 'name,age\npixels,3\n', gzipSync('a diary'), Buffer.of(0x1f, 0x8b, 1)]) {
      await writeFile(file, content);
      const message = expect.stringContaining('a file that is not a csv of faces is in the way');
      const refused = { code: 'INVALID_ARGUMENT', place: { file }, message };
      await expect(exportCsv(file, faces)).rejects.toMatchObject(refused);
      expect((await readFile(file)).equals(Buffer.from(content))).toBe(true);
    }
    await expect(exportCsv(root, faces)).rejects.toThrow('a folder is in the way');
    expect(await readdir(root)).toEqual(['a.csv']);
  });

  it('refuses soft labels, which files cannot store', async () => {
    const soft = new Float32Array(60 * 7).map((_, i) => Number(i % 7 === faces.labels[Math.floor(i / 7)]));
    const refused = { code: 'INVALID_DATA', message: expect.stringContaining('soft labels') };
    await expect(exportCsv(join(root, 'a.csv'), { ...faces, soft })).rejects.toMatchObject(refused);
    await expect(exportImageFolder(join(root, 'a'), { ...faces, soft })).rejects.toMatchObject(refused);
    expect(await readdir(root)).toEqual([]);
  });
});

describe('exportImageFolder', () => {
  it('writes png files that loadImageFolder reads back', async () => {
    const folder = join(root, 'images');
    const seen: number[] = [];
    await exportImageFolder(folder, splits, { onProgress: (e) => e.kind === 'transform' && seen.push(e.done) });
    expect(seen.at(-1)).toBe(60);
    const again = await loadImageFolder(folder);
    expect(pixelsAndLabels(again.train)).toEqual(pixelsAndLabels(byClass(train)));
    expect(pixelsAndLabels(again.publicTest!)).toEqual(pixelsAndLabels(byClass(publicTest)));
    expect(await readdir(root)).toEqual(['images']);
  });

  it('writes one data set by class, in colour too', async () => {
    const classes = ['calm', 'Not calm'];
    const images = Uint8Array.from({ length: 3 * 8 * 8 * 3 }, (_, i) => (i * 71) & 255);
    const colour: Dataset = { images, n: 3, height: 8, width: 8, channels: 3, labels: Uint8Array.of(1, 0, 1), classes };
    await exportImageFolder(root, colour);
    expect(await readdir(join(root, 'Not calm'))).toEqual(['000001.png', '000003.png']);
    const again = await loadImageFolder(root, { classes, size: 8, channels: 3 });
    expect(pixelsAndLabels(again.train)).toEqual(pixelsAndLabels(byClass(colour)));
  });

  it('writes jpg files near the original', async () => {
    await exportImageFolder(join(root, 'jpg'), faces, { format: 'jpg' });
    const again = (await loadImageFolder(join(root, 'jpg'))).train;
    const expected = byClass(faces).images;
    const error = again.images.reduce((sum, v, i) => sum + (v - expected[i]) ** 2, 0) / expected.length;
    expect(Math.sqrt(error)).toBeLessThan(4);
  });

  it('takes class names of any language, and reads them back', async () => {
    // Hindi and Thai write vowels as marks, Persian joins words without a space.
    const classes = ['खुशी', 'ความสุข', 'می‌خندد', 'dégoût'.normalize('NFD'), 'glad (a bit)', "l'ennui", 'constructor'];
    await exportImageFolder(join(root, 'a'), { ...faces, classes });
    const { train: again } = await loadImageFolder(join(root, 'a'), { classes });
    expect([...again.labels].sort()).toEqual([...faces.labels].sort());
    const inferred = (await loadImageFolder(join(root, 'a'), { classes: 'infer' })).train;
    expect(inferred.classes).toEqual(classes.map((name) => name.normalize()).sort());
  });

  it.each([
    ...['', '.', '..', '.hidden', 'a/b', 'a\\b', 'a:b', 'who?', 'tab\t', 'nul', 'COM1.x', 'end.', 'end ', ' start'],
    ...['__MACOSX', 'é'.repeat(128)],
  ])('refuses the class %j', async (name) => {
    const data = { ...faces, classes: [name, ...faces.classes.slice(1)] };
    await expect(exportImageFolder(join(root, 'a'), data)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    expect(await readdir(root)).toEqual([]);
  });

  it.each([
    ['Sad', 'sad', 'two classes'],
    // One name, written in two ways by Unicode, is no data set.
    ['gaîté'.normalize('NFC'), 'gaîté'.normalize('NFD'), 'different names'],
  ])('refuses the classes %j and %j together', async (a, b, message) => {
    const classes = [a, b, ...faces.classes.filter((name) => name !== 'sad')].slice(0, 7);
    const exporting = exportImageFolder(join(root, 'a'), { ...faces, classes });
    await expect(exporting).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining(message),
    });
  });

  it('writes to a link to an empty folder', async () => {
    await mkdir(join(root, 'real'));
    await symlink(join(root, 'real'), join(root, 'link'));
    await exportImageFolder(join(root, 'link'), faces);
    expect((await loadImageFolder(join(root, 'real'))).train.n).toBe(60);
    expect((await readdir(root)).sort()).toEqual(['link', 'real']);
  });

  it('never overwrites existing files, and leaves nothing if it fails', async () => {
    const full = join(root, 'full');
    await mkdir(full);
    await writeFile(join(full, 'mine.txt'), 'mine');
    await expect(exportImageFolder(full, faces)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const classes = ['../up', ...faces.classes.slice(1)];
    await expect(exportImageFolder(join(root, 'b'), { ...faces, classes })).rejects.toMatchObject({
      code: 'INVALID_DATA',
    });
    const controller = new AbortController();
    const stopped = exportImageFolder(join(root, 'c'), faces, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(await readdir(root)).toEqual(['full']);
  });
});
