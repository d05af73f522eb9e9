import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);

/** Every entry of every package, by its published name. */
const entries = readdirSync(new URL('packages', root)).flatMap((name) => {
  const manifest = JSON.parse(readFileSync(new URL(`packages/${name}/package.json`, root), 'utf8'));
  return Object.keys(manifest.exports)
    .filter((path) => path !== './package.json')
    .map((path) => name + path.slice(1));
});

/** Packages that have tests of their own of every export. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'fer-data': 'packages/fer-data/test/exports.test.ts',
  'fer-eval': 'packages/fer-eval/test/options.test.ts',
};

it('every entry of every package is held to its promises', () => {
  const folder = new URL('./', import.meta.url);
  const tests = readdirSync(folder).filter((file) => file.endsWith('.test.ts'));
  const text = tests.map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n');
  const missing = entries.filter((entry) => {
    const test = ELSEWHERE[entry.split('/')[0]];
    return test ? !existsSync(new URL(test, root)) : !text.includes(`holdsPromises('${entry}',`);
  });
  expect(missing).toEqual([]);
});
