import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { syntheticFaces } from 'fer-data';
import { exportCsv, exportImageFolder } from 'fer-data/node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findBlocks, root } from './docs/blocks.js';
import { typecheck } from './docs/typecheck.js';

const blocks = typecheck(findBlocks());

describe('code in the docs', () => {
  it('compiles', () => {
    expect(blocks.length).toBeGreaterThan(40);
    expect(blocks.flatMap(({ problems }) => problems)).toEqual([]);
  });

  it('imports what it uses in the documents that readers start with', () => {
    const first = blocks.filter(({ document }) => document === 'README.md' || document === 'docs/guide.md');
    const missing = first.filter(({ notImported }) => notImported.length > 0);
    expect(missing.map(({ document, line, notImported }) => `${document}:${line}: ${notImported}`)).toEqual([]);
  });
});

describe('code in the docs runs:', () => {
  const start = process.cwd();
  let folder: string;

  beforeAll(async () => {
    // Inside the repository, so that packages resolve; ignored by git.
    mkdirSync(join(root, 'out'), { recursive: true });
    folder = mkdtempSync(join(root, 'out/docs-'));
    process.chdir(folder);
    vi.spyOn(console, 'log').mockImplementation(() => {});
    await makeData();
  });

  afterAll(() => {
    process.chdir(start);
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(blocks.filter(({ runs }) => runs))('$document:$line', async ({ document, line, module }) => {
    const file = join(folder, `${document.replaceAll('/', '-')}-${line}.ts`);
    writeFileSync(file, shrink(module));
    await import(file);
  });
});

/** Files that the code in the docs reads, made from synthetic faces. */
async function makeData(): Promise<void> {
  const faces = (n: number, seed: number) => syntheticFaces({ n, seed });
  const splits = { train: faces(70, 1), publicTest: faces(21, 2), privateTest: faces(21, 3) };
  for (const name of ['fer2013.csv', 'fer2013.csv.gz']) await exportCsv(name, splits);
  await exportImageFolder('fer2013-images', splits);
  await exportImageFolder('smiles', faces(42, 4));
  const photo = { ...syntheticFaces({ n: 1, seed: 5, size: 480 }), labels: Uint8Array.of(0), classes: ['photos'] };
  await exportImageFolder('made', photo, { format: 'jpg' });
  copyFileSync('made/photos/000001.jpg', 'photo.jpg');
  renameSync('made/photos', 'photos');
  const columns = ['anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise', 'neutral'];
  const usages = { train: 'Training', publicTest: 'PublicTest', privateTest: 'PrivateTest' };
  const votes = Object.entries(splits).flatMap(([split, { labels }]) =>
    Array.from(labels, (label, i) => {
      const counts = columns.map((_, j) => (j === label ? 8 : 0));
      return [usages[split as keyof typeof usages], `fer${i}.png`, ...counts, 0, 1, 1].join();
    }),
  );
  writeFileSync('fer2013new.csv', ['Usage,Image name', ...columns, 'contempt,unknown,NF\n'].join() + votes.join('\n'));
}

/** Replacements that make the code run in seconds: at most some hundred faces, and one epoch. */
function shrink(code: string): string {
  return code.replace(/\bn: [1-9]\d{3,}\b/g, 'n: 140').replace(/\bepochs: \d+/g, 'epochs: 1');
}
