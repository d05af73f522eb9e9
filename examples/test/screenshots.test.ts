import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

it('every picture that scripts/screenshots.ts makes is there', async () => {
  const script = await readFile(`${root}scripts/screenshots.ts`, 'utf8');
  const made = [...script.matchAll(/'([\w-]+\.png)'/g)].map(([, name]) => name);
  expect(made.length).toBeGreaterThan(3);
  expect(await readdir(`${root}docs/images`)).toEqual(expect.arrayContaining(made));
});
