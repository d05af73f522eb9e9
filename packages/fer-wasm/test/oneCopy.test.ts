import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'fer-copies-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Starts the backend in a process of its own (a process has one engine) that has loaded a file before. */
async function start(...copy: string[]): Promise<string> {
  const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
  const args = [tsx, join(root, 'packages/fer-wasm/test/copies/main.ts'), ...copy];
  return (await promisify(execFile)(process.execPath, args, { cwd: root })).stdout;
}

/** A second copy of a package, as an installation with two versions of it has: the file to load. */
function makeCopy(name: string, dependencies: readonly string[]): string {
  const main = require.resolve(name);
  const modules = main.slice(0, main.lastIndexOf(`node_modules${sep}`) + 'node_modules'.length);
  const copy = join(temporary, name, 'node_modules');
  const file = join(copy, main.slice(modules.length));
  mkdirSync(dirname(file), { recursive: true });
  cpSync(dirname(main), dirname(file), { recursive: true });
  for (const other of dependencies) symlinkSync(join(modules, other), join(copy, other), 'junction');
  return file;
}

describe('useWasm', () => {
  it('starts with one copy', async () => {
    expect(await start(require.resolve('@tensorflow/tfjs-core'))).toBe('started\n');
  });

  it.each([
    ['@tensorflow/tfjs-core', ['long', 'seedrandom', 'node-fetch']],
    ['@tensorflow/tfjs-backend-wasm', ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu']],
  ])('refuses a second copy of %s', async (name, dependencies) => {
    expect(await start(makeCopy(name, dependencies))).toMatch(`There are two copies of ${name}: `);
  });
});
