import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it, vi } from 'vitest';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'fer-copies-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Starts the backend in a process of its own (a process has one engine): see copies/main.ts. */
async function start(file: string, when: 'before' | 'between' = 'before'): Promise<string> {
  const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
  const args = [tsx, join(root, 'packages/fer-wasm/test/copies/main.ts'), file, when];
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

  it('refuses a second copy of @tensorflow/tfjs-core', async () => {
    const name = '@tensorflow/tfjs-core';
    const copy = makeCopy(name, ['long', 'seedrandom', 'node-fetch']);
    expect(await start(copy)).toMatch(`There are two copies of ${name}: `);
  });

  it('refuses a second copy of @tensorflow/tfjs-backend-wasm, loaded before it or after it', async () => {
    const name = '@tensorflow/tfjs-backend-wasm';
    const copy = makeCopy(name, ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu']);
    expect(await start(copy)).toMatch(`There are two copies of ${name}: `);
    expect(await start(copy, 'between')).toMatch(`There are two copies of ${name}: `);
  });

  it('refuses to start for a second copy of fer-wasm, and goes on for the first', async () => {
    const first = await import('../src/index.js');
    vi.resetModules();
    const second = await import('../src/index.js');
    expect(second.useWasm).not.toBe(first.useWasm);
    await first.useWasm({ threads: 1 });
    const error = await second.useWasm().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(second.WasmError);
    expect(String(error)).toContain('There are two copies of fer-wasm');
    await first.useWasm({ threads: 2 });
    const gradient = tf.tidy(() => [
      ...tf
        .grad((x) => tf.relu(x))(tf.tensor1d([-1, 2]))
        .dataSync(),
    ]);
    expect(gradient).toEqual([0, 1]);
  });
});
