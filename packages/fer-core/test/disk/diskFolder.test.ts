import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
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

/** Files of one byte each, with a manifest that lists them. */
const files = (...entries: [string, number][]) => {
  const listed = Object.fromEntries(entries.map(([name]) => [name, {}]));
  const manifest = Buffer.from(JSON.stringify({ format: 'fer-classifier', files: listed }));
  return new Map<string, Uint8Array>([
    ...entries.map(([name, byte]) => [name, Uint8Array.of(byte)] as const),
    ['classifier.json', Uint8Array.from(manifest)],
  ]);
};
const bare = (...names: string[]) => new Map(names.map((name) => [name, Uint8Array.of(1)]));
const systemError = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });
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

  it.each<[string, Record<string, string>, Map<string, Uint8Array>, RegExp]>([
    [
      "a project's own classifier.json",
      { 'classifier.json': '{"format":"other"}', '.git': 'x' },
      files(['m', 1]),
      /\.git/,
    ],
    ['a classifier.json that is not JSON', { 'classifier.json': 'mine' }, files(['m', 1]), /holds classifier\.json/],
    ['one more file beside a saved classifier', { 'notes.txt': 'x' }, files(['m', 1]), /notes\.txt/],
    ['one more file in a folder of it', { 'head/notes.txt': 'x' }, files(['m', 1]), /head\/notes\.txt/],
    ['a folder beside it', { '.git/config': 'x' }, files(['m', 1]), /\.git/],
    ['other files, without a manifest', { 'thesis.txt': 'x', m: 'x' }, bare('m'), /thesis\.txt/],
    ['a saved classifier, by files that are none', { m: 'x' }, bare('m', 'other'), /holds m,/],
  ])('refuses to delete %s', async (what, present, written, message) => {
    const path = join(place, 'a');
    if (/beside|in a folder/.test(what)) await diskFolder(path).write?.(files(['head/w', 1], ['m', 1]));
    if (/by files/.test(what)) await diskFolder(path).write?.(files(['n', 1]));
    for (const [name, text] of Object.entries(present)) {
      await mkdir(join(path, name, '..'), { recursive: true });
      await writeFile(join(path, name), text);
    }
    const list = async () => (await readdir(path, { recursive: true })).sort();
    const before = await list();
    await expect(diskFolder(path).write?.(written)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
    expect(await list()).toEqual(before);
    for (const [name, text] of Object.entries(present)) expect(await readFile(join(path, name), 'utf8')).toBe(text);
    expect(await readdir(place)).toEqual(['a']);
  });

  it('lets a second writer wait, and readers see the old or the new', async () => {
    const path = join(place, 'a');
    await diskFolder(path).write?.(files(['m', 0]));
    let reading = true;
    const seen: number[] = [];
    const reader = (async () => {
      while (reading) {
        seen.push((await diskFolder(path).read('m'))[0]);
        await new Promise(setImmediate);
      }
    })();
    await Promise.all(Array.from({ length: 8 }, (_, i) => diskFolder(path).write?.(files(['m', i + 1]))));
    reading = false;
    await reader;
    expect(seen.every((byte) => byte >= 0 && byte <= 8)).toBe(true);
    expect((await diskFolder(path).read('m'))[0]).toBe(8);
    expect(await readdir(place)).toEqual(['a']);
  });

  it('takes over the lock of a process that was killed, and waits for one that runs', async () => {
    const path = join(place, 'a');
    const lock = join(place, '.a.lock');
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    await writeFile(lock, JSON.stringify({ pid: gone, host: hostname() }));
    await diskFolder(path).write?.(files(['m', 1]));
    await writeFile(lock, JSON.stringify({ pid: process.pid, host: hostname() }));
    const waiting = diskFolder(path).write?.(files(['m', 2]));
    await settle();
    expect(await diskFolder(path).read('m')).toEqual(Uint8Array.of(1));
    await rm(lock);
    await waiting;
    expect(await diskFolder(path).read('m')).toEqual(Uint8Array.of(2));
  });

  it('removes what killed saves left', async () => {
    const path = join(place, 'a');
    await mkdir(join(place, '.a.99.0123456789ab.tmp'));
    await mkdir(join(place, '.b.99.0123456789ab.tmp'));
    await diskFolder(path).write?.(files(['m', 1]));
    expect((await readdir(place)).sort()).toEqual(['.b.99.0123456789ab.tmp', 'a']);
  });

  it('says that a file system is read-only', async () => {
    vi.mocked(fs.mkdir).mockRejectedValueOnce(systemError('EROFS'));
    await expect(diskFolder(join(place, 'a')).write?.(files(['m', 1]))).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringMatching(/a: the file system is read-only: choose another place\.$/),
    });
  });

  it('replaces what a link leads to, and keeps the link', async () => {
    await diskFolder(join(place, 'a')).write?.(files(['m', 1]));
    await symlink(join(place, 'a'), join(place, 'link'));
    await diskFolder(join(place, 'link')).write?.(files(['m', 2]));
    expect(await diskFolder(join(place, 'a')).read('m')).toEqual(Uint8Array.of(2));
    expect((await fs.lstat(join(place, 'link'))).isSymbolicLink()).toBe(true);
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
      (path) => failFor(fs.readdir, join(path, 'a'), systemError('EACCES')),
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
    vi.resetAllMocks();
    expect(await readdir(place)).toEqual(['a']);
    expect((await readdir(join(place, 'a'))).sort()).toEqual(['classifier.json', 'm', 'n']);
    expect(await folder.read('m')).toEqual(Uint8Array.of(1));
  });

  // What is on the disk where the writer is killed after no rename, after the first, and after both.
  it.each([
    ['before its first rename', ['a=1', '.a.STAGING=2'], 1],
    ['between its renames', ['.a.previous.tmp=1', '.a.STAGING=2'], 1],
    ['after its renames', ['a=2', '.a.previous.tmp=1'], 2],
  ])('survives a writer killed %s, then reads and writes', async (_, present, expected) => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    await writeFile(join(place, '.a.lock'), JSON.stringify({ pid: gone, host: hostname() }));
    for (const item of present) {
      const [name, byte] = item.replace('STAGING', `${gone}.0123456789ab.tmp`).split('=');
      for (const [file, bytes] of files(['m', Number(byte)])) {
        await mkdir(join(place, name), { recursive: true });
        await writeFile(join(place, name, file), bytes);
      }
    }
    const folder = diskFolder(join(place, 'a'));
    expect(await folder.read('m')).toEqual(Uint8Array.of(expected));
    await folder.write?.(files(['m', 3]));
    expect(await folder.read('m')).toEqual(Uint8Array.of(3));
    expect(await readdir(place)).toEqual(['a']);
  });

  it('succeeds if only the old content could not be removed', async () => {
    const folder = diskFolder(join(place, 'a'));
    await folder.write?.(files(['m', 1]));
    vi.mocked(fs.rm).mockImplementationOnce(actual.rm).mockRejectedValueOnce(systemError('EBUSY'));
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

/** Makes the calls for one path fail. */
function failFor(call: typeof fs.readdir | typeof fs.rm, path: string, error: Error): void {
  const real = call === fs.readdir ? actual.readdir : actual.rm;
  vi.mocked(call as (...args: unknown[]) => Promise<unknown>).mockImplementation((...args) =>
    args[0] === path ? Promise.reject(error) : (real as (...args: unknown[]) => Promise<unknown>)(...args),
  );
}

function passRenames(count: number): void {
  for (let i = 0; i < count; i++) vi.mocked(fs.rename).mockImplementationOnce(actual.rename);
}
