import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);

/** Every entry of every package, by its published name. */
const entries = readdirSync(new URL('packages', root)).flatMap((name) => {
  const manifest = JSON.parse(readFileSync(new URL(`packages/${name}/package.json`, root), 'utf8'));
  return Object.keys(manifest.exports)
    .filter((path) => path !== './package.json')
    .map((path) => name + path.slice(1));
});

it('every entry of every package is held to its promises', () => {
  const folder = new URL('./', import.meta.url);
  const tests = readdirSync(folder).filter((file) => file.endsWith('.test.ts'));
  const text = tests.map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n');
  const missing = entries.filter((entry) => !text.includes(`holdsPromises('${entry}',`));
  expect(missing).toEqual([]);
});
