import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Runs an example in its own process, as a reader would, and returns its output. */
export async function runExample(name: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url));
  return promisify(execFile)(process.execPath, [tsx, `examples/${name}/main.ts`, ...args], {
    cwd: root,
    maxBuffer: 1e8,
  });
}

/** The JSON object on the last line printed. */
export function lastLine(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
}
