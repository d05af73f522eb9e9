import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type FileStore, memoryStore } from '../src/index.js';
import { diskStore } from '../src/node.js';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fer-store-'));
  folders.push(folder);
  return folder;
}

const stores: [string, () => Promise<FileStore>][] = [
  ['memoryStore', async () => memoryStore()],
  ['diskStore', async () => diskStore(join(await temporary(), 'new', 'folder'))],
];

describe.each(stores)('%s', (_, make) => {
  it('holds what was written last, and lists it in order', async () => {
    const store = await make();
    expect(await store.list()).toEqual([]);
    const bytes = Uint8Array.of(1, 2, 3);
    await store.write('b.bin', bytes);
    await store.write('a.bin', Uint8Array.of(9));
    await store.write('a.bin', Uint8Array.of(7, 8));
    bytes[0] = 0;
    expect(await store.list()).toEqual(['a.bin', 'b.bin']);
    expect(Array.from(await store.read('a.bin'))).toEqual([7, 8]);
    expect(Array.from(await store.read('b.bin'))).toEqual([1, 2, 3]);
    await store.remove('a.bin');
    await store.remove('a.bin');
    expect(await store.list()).toEqual(['b.bin']);
    await expect(store.read('a.bin')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each(['', '.hidden', '../up', 'a/b', 'a\\b'])('refuses the name "%s"', async (name) => {
    const store = await make();
    await expect(store.write(name, new Uint8Array(1))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('diskStore', () => {
  it('neither lists nor keeps what a crash left of a write', async () => {
    const folder = await temporary();
    // Of a process that no longer runs, and old enough not to be another machine's.
    const left = join(folder, '.a.bin.4194999.0123456789ab.tmp');
    await writeFile(left, 'half');
    await utimes(left, 0, 0);
    const store = diskStore(folder);
    expect(await store.list()).toEqual([]);
    await store.write('a.bin', Uint8Array.of(1));
    expect(await readdir(folder)).toEqual(['a.bin']);
  });

  it('keeps the old file and gives the reason if a write fails', async () => {
    const folder = await temporary();
    await writeFile(join(folder, 'file'), 'x');
    const store = diskStore(join(folder, 'file'));
    await expect(store.write('a.bin', Uint8Array.of(1))).rejects.toMatchObject({ name: 'FerError' });
    await expect(store.list()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
