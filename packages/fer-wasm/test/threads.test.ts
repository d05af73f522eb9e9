import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const [tsx, script] = ['../../../node_modules/tsx/dist/cli.mjs', 'threads/digest.ts'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);

/** Digests of what the kernels give, by name, from a process of its own: an engine is set up once a process. */
async function digests(threads: number): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)(process.execPath, [tsx, script, `${threads}`]);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
}

describe('threads', () => {
  it('give the same bits, however many, and every time', async () => {
    const one = await digests(1);
    expect(Object.keys(one)).toHaveLength(14);
    // At once, so that cores are busy elsewhere and threads take each other's work.
    const counts = [2, 2, 3, 4];
    const results = await Promise.all(counts.map(digests));
    for (const [i, threads] of counts.entries()) expect(results[i], `${threads} threads`).toEqual(one);
  }, 60_000);
});
