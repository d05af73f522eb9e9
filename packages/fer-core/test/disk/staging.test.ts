import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeAbandoned, stagingPath } from 'fer-core/node';
import { syntheticFaces } from 'fer-data';
import { exportCsv, exportImageFolder } from 'fer-data/node';
import { afterEach, beforeEach, expect, it } from 'vitest';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fer-staging-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A process that is over. */
const gone = spawnSync(process.execPath, ['-e', '']).pid;
const HOURS_AGO = Date.now() / 1000 - 7200;

async function put(name: string, time = HOURS_AGO): Promise<void> {
  await mkdir(join(root, name));
  await writeFile(join(root, name, 'half.png'), 'half');
  await utimes(join(root, name), time, time);
}

it('removes what a killed writer of the same target left, and nothing else', async () => {
  const others = [
    `.faces.${process.pid}.0123456789ab.tmp`,
    `.faces.1.0123456789ab.tmp`,
    `.faces2.${gone}.0123456789ab.tmp`,
    `.faces.${gone}.mine.tmp`,
    `faces.${gone}.0123456789ab.tmp`,
    'faces',
  ];
  for (const name of others) await put(name);
  await put(`.faces.${gone}.0123456789ab.tmp`);
  await put(`.faces.${gone}.fedcba987654.tmp`, Date.now() / 1000);
  await removeAbandoned(join(root, 'faces'));
  expect((await readdir(root)).sort()).toEqual([...others, `.faces.${gone}.fedcba987654.tmp`].sort());
  await removeAbandoned(join(root, 'nowhere', 'faces'));
});

it('names a place beside the target, each time another', () => {
  const [a, b] = [stagingPath(join(root, 'faces')), stagingPath(join(root, 'faces'))];
  expect(a).not.toBe(b);
  expect(dirname(a)).toBe(root);
});

it('is done by the next export', async () => {
  const faces = syntheticFaces({ n: 7, seed: 1 });
  await put(`.a.csv.${gone}.0123456789ab.tmp`);
  await put(`.b.${gone}.0123456789ab.tmp`);
  await exportCsv(join(root, 'a.csv'), faces);
  await exportImageFolder(join(root, 'b'), faces);
  expect((await readdir(root)).sort()).toEqual(['a.csv', 'b']);
});
