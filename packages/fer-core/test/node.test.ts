import * as fs from 'node:fs/promises';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FerError } from 'fer-core';
import { diskFolder, ioError, writeFileAtomic } from 'fer-core/node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

// Spies that call through: tests make single calls fail as a full disk or a pulled plug would.
vi.mock('node:fs/promises', { spy: true });

const actual = await vi.importActual<typeof fs>('node:fs/promises');

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'fer-node-'));
});
afterEach(async () => {
  vi.resetAllMocks();
  await rm(place, { recursive: true, force: true });
});

const files = (...entries: [string, number][]) => new Map(entries.map(([name, byte]) => [name, Uint8Array.of(byte)]));
const systemError = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });
/** What a crash does: nothing after it runs, clean-up included. */
const crash = () => new Promise<never>(() => {});
const settle = () => new Promise((resolve) => setTimeout(resolve, 50));

describe('diskFolder', () => {
  it('writes, reads and replaces the whole folder', async () => {
    const folder = diskFolder(join(place, 'models/a'));
    await folder.write?.(files(['m.json', 1], ['head/w.bin', 2]));
    expect(await folder.read('head/w.bin')).toEqual(Uint8Array.of(2));
    await folder.write?.(files(['m.json', 3]));
    expect(await folder.read('m.json')).toEqual(Uint8Array.of(3));
    await expect(folder.read('head/w.bin')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await readdir(join(place, 'models'))).toEqual(['a']);
    expect(folder.location).toBe(join(place, 'models/a'));
  });

  it('reads bytes that do not share the buffer pool', async () => {
    const folder = diskFolder(join(place, 'a'));
    await folder.write?.(files(['m', 7]));
    const bytes = await folder.read('m');
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
  });

  it('says what is not there', async () => {
    const missing = diskFolder(join(place, 'none')).read('m.json');
    await expect(missing).rejects.toMatchObject({ code: 'NOT_FOUND', place: { file: join(place, 'none/m.json') } });
  });

  it('refuses to replace what it did not write', async () => {
    await mkdir(join(place, 'home'));
    await writeFile(join(place, 'home/thesis.txt'), 'years of work');
    await writeFile(join(place, 'file'), 'more work');
    for (const name of ['home', 'file', 'file/below']) {
      const written = diskFolder(join(place, name)).write?.(files(['m.json', 1]));
      await expect(written, name).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    expect(await readFile(join(place, 'home/thesis.txt'), 'utf8')).toBe('years of work');
    expect(await readFile(join(place, 'file'), 'utf8')).toBe('more work');
    expect((await readdir(place)).sort()).toEqual(['file', 'home']);
  });

  it('fills an empty folder, and leaves a neighbour called .previous alone', async () => {
    await mkdir(join(place, 'a'));
    await mkdir(join(place, 'a.previous'));
    await diskFolder(join(place, 'a')).write?.(files(['m', 1]));
    await diskFolder(join(place, 'a')).write?.(files(['m', 2]));
    expect((await readdir(place)).sort()).toEqual(['a', 'a.previous']);
  });

  const failures: [string, (path: string) => void, string][] = [
    ['a full disk', () => vi.mocked(fs.open).mockRejectedValueOnce(systemError('ENOSPC')), 'IO'],
    ['a read-only place', () => vi.mocked(fs.mkdir).mockRejectedValueOnce(systemError('EROFS')), 'IO'],
    [
      'a folder that may not be looked into',
      () => vi.mocked(fs.readdir).mockRejectedValueOnce(systemError('EACCES')),
      'IO',
    ],
    ['a failing first rename', () => vi.mocked(fs.rename).mockRejectedValueOnce(systemError('EBUSY')), 'IO'],
    ['a failing second rename', () => failRename(2), 'IO'],
  ];
  it.each(failures)('keeps the old content on %s', async (_, fail, code) => {
    const folder = diskFolder(join(place, 'a'));
    await folder.write?.(files(['m', 1], ['n', 1]));
    fail(place);
    await expect(folder.write?.(files(['m', 2], ['o', 2]))).rejects.toMatchObject({
      code,
      place: { file: join(place, 'a') },
      cause: expect.any(Error),
    });
    expect(await readdir(place)).toEqual(['a']);
    expect((await readdir(join(place, 'a'))).sort()).toEqual(['m', 'n']);
    expect(await folder.read('m')).toEqual(Uint8Array.of(1));
  });

  // The number of renames done when the plug is pulled: none (still staging), the old one stepped aside, both.
  it.each([
    [0, 1],
    [1, 1],
    [2, 2],
  ])('survives a crash after %i renames, then reads and writes', async (done, expected) => {
    const path = join(place, 'a');
    await diskFolder(path).write?.(files(['m', 1]));
    if (done < 2) crashAtRename(done + 1);
    else
      vi.mocked(fs.rm)
        .mockImplementationOnce(async () => {})
        .mockImplementationOnce(crash);
    void diskFolder(path).write?.(files(['m', 2]));
    await settle();
    vi.resetAllMocks();
    expect((await readdir(place)).length).toBeGreaterThan(1);
    const folder = diskFolder(path);
    expect(await folder.read('m')).toEqual(Uint8Array.of(expected));
    await folder.write?.(files(['m', 3]));
    expect(await folder.read('m')).toEqual(Uint8Array.of(3));
    await folder.write?.(files(['m', 4]));
    expect(await folder.read('m')).toEqual(Uint8Array.of(4));
    expect((await readdir(place)).filter((name) => name.includes('previous'))).toEqual([]);
  });

  it('is content where only the old content could not be removed', async () => {
    const folder = diskFolder(join(place, 'a'));
    await folder.write?.(files(['m', 1]));
    vi.mocked(fs.rm)
      .mockImplementationOnce(async () => {})
      .mockRejectedValueOnce(systemError('EBUSY'));
    await folder.write?.(files(['m', 2]));
    expect(await folder.read('m')).toEqual(Uint8Array.of(2));
  });
});

describe('writeFileAtomic', () => {
  it('writes text and bytes, creates folders, and leaves nothing else', async () => {
    const file = join(place, 'out/report.md');
    await writeFileAtomic(file, 'first');
    await writeFileAtomic(file, Uint8Array.of(104, 105));
    expect(await readFile(file, 'utf8')).toBe('hi');
    await writeFileAtomic(file, [Uint8Array.of(104, 111), new Uint8Array(), Uint8Array.of(112)]);
    expect(await readFile(file, 'utf8')).toBe('hop');
    expect(await readdir(join(place, 'out'))).toEqual(['report.md']);
  });

  it('keeps the old file when anything fails', async () => {
    const file = join(place, 'report.md');
    await writeFileAtomic(file, 'old');
    for (const fail of [
      () => vi.mocked(fs.open).mockRejectedValueOnce(systemError('EROFS')),
      () => vi.mocked(fs.rename).mockRejectedValueOnce(systemError('EBUSY')),
    ]) {
      fail();
      await expect(writeFileAtomic(file, 'new')).rejects.toMatchObject({ code: 'IO', place: { file } });
      expect(await readFile(file, 'utf8')).toBe('old');
      expect(await readdir(place)).toEqual(['report.md']);
    }
  });

  it('does not replace a folder, or write below a file', async () => {
    await mkdir(join(place, 'a'));
    await expect(writeFileAtomic(join(place, 'a'), 'x')).rejects.toMatchObject({ code: 'IO' });
    await writeFile(join(place, 'b'), '');
    await expect(writeFileAtomic(join(place, 'b/c'), 'x')).rejects.toBeInstanceOf(FerError);
    expect((await readdir(place)).sort()).toEqual(['a', 'b']);
  });
});

describe('ioError', () => {
  it('tells what is not there from what failed, and passes a FerError on', () => {
    expect(ioError(systemError('ENOENT'), 'f').code).toBe('NOT_FOUND');
    expect(ioError(systemError('ENOTDIR'), 'f').code).toBe('NOT_FOUND');
    expect(ioError(systemError('EIO'), 'f')).toMatchObject({ code: 'IO', message: 'f: EIO: it failed.' });
    const error = new FerError('CORRUPT', 'no.');
    expect(ioError(error, 'f')).toBe(error);
  });
});

it('a folder behind a link is read', async () => {
  await diskFolder(join(place, 'a')).write?.(files(['m', 1]));
  await symlink(join(place, 'a'), join(place, 'link'));
  expect(await diskFolder(join(place, 'link')).read('m')).toEqual(Uint8Array.of(1));
});

function failRename(nth: number): void {
  passRenames(nth - 1);
  vi.mocked(fs.rename).mockRejectedValueOnce(systemError('EBUSY'));
}

function crashAtRename(nth: number): void {
  passRenames(nth - 1);
  vi.mocked(fs.rename).mockImplementationOnce(crash);
}

function passRenames(count: number): void {
  for (let i = 0; i < count; i++) vi.mocked(fs.rename).mockImplementationOnce(actual.rename);
}
