import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

interface Result {
  threads: number;
  isolated: boolean;
  errors: Record<string, number>;
  error?: string;
}

// Runs where Chromium is; elsewhere it is skipped, and says so.
describe.skipIf(!existsSync(CHROMIUM))('in headless Chromium', () => {
  let script: string;

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL('browser/page.ts', import.meta.url))],
      ...{ bundle: true, format: 'esm', platform: 'browser', target: 'es2022', write: false, logLevel: 'error' },
      alias: { 'fer-core': fileURLToPath(new URL('../../fer-core/src/index.ts', import.meta.url)) },
      // The published backend asks for Node's modules only where there is no page.
      external: ['fs', 'path', 'worker_threads', 'perf_hooks', 'os', 'util', 'crypto'],
    });
    script = outputFiles[0].text;
  });

  it.each([
    ['two threads where the page is isolated', true, 2],
    ['one thread where it is not', false, 1],
  ])(
    'computes what the cpu backend computes, on %s',
    async (_, isolated, threads) => {
      const result = await openPage(script, isolated);
      expect(result.error).toBeUndefined();
      expect(result).toMatchObject({ isolated, threads });
      for (const [name, error] of Object.entries(result.errors)) expect(error, name).toBeLessThan(1e-4);
      expect(Object.keys(result.errors)).toHaveLength(5);
    },
    120_000,
  );
});

/** Serves a page with the script, opens it in Chromium, and waits for what it posts. */
async function openPage(script: string, isolated: boolean): Promise<Result> {
  const profile = await mkdtemp(join(tmpdir(), 'fer-chromium-'));
  const headers: Record<string, string> = isolated
    ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
    : {};
  let posted: (result: Result) => void;
  const result = new Promise<Result>((resolve) => {
    posted = resolve;
  });
  const server = createServer((request, response) => {
    if (request.url === '/result') {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        response.end();
        posted(JSON.parse(body));
      });
      return;
    }
    const type = request.url === '/page.js' ? 'text/javascript' : 'text/html';
    response.writeHead(200, { ...headers, 'Content-Type': `${type}; charset=utf-8` });
    response.end(type === 'text/html' ? '<!doctype html><script type="module" src="/page.js"></script>' : script);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const chromium = spawn(
    CHROMIUM,
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update', `--user-data-dir=${profile}`],
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    ],
    { stdio: 'ignore' },
  );
  try {
    return await result;
  } finally {
    const ended = new Promise((resolve) => chromium.once('close', resolve));
    chromium.kill('SIGKILL');
    await ended;
    server.close();
    server.closeAllConnections();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
