/** Runs a script in a page of headless Chromium. The browser tests of the packages use it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Path of the executable. */
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Whether it is installed. If not, tests that need it are skipped; in CI that is an error. */
export const hasChromium = existsSync(CHROMIUM);

if (!hasChromium && process.env.CI) {
  throw new Error(`no Chromium at ${CHROMIUM}: install it, or set CHROMIUM to its path.`);
}

/**
 * Bundles a script for a page, with our packages from their sources.
 *
 * @param entry - The script's file.
 */
export async function bundlePage(entry: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'error',
    tsconfig: fileURLToPath(new URL('../tsconfig.json', import.meta.url)),
    // The published WASM backend of tfjs imports Node's modules only outside of pages.
    external: ['fs', 'path', 'worker_threads', 'perf_hooks', 'os', 'util', 'crypto'],
  });
  return outputFiles[0].text;
}

/** The contents of the served page. */
export interface PageOptions {
  /**
   * Further files, by path without the leading slash; served as scripts if they end in `.js`, otherwise as images.
   * @default none
   */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** Response headers of the page and its script. @default none */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Serves a page with a module script, opens it, and waits for the JSON that it posts to `/result`.
 *
 * @returns The JSON posted.
 */
export async function openPage<Result>(script: string, { files, headers }: PageOptions = {}): Promise<Result> {
  const profile = await mkdtemp(join(tmpdir(), 'fer-chromium-'));
  let posted: (result: Result) => void;
  const result = new Promise<Result>((resolve) => {
    posted = resolve;
  });
  const pages: Readonly<Record<string, readonly [type: string, body: string]>> = {
    '/': ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'],
    '/page.js': ['text/javascript', script],
  };
  const server = createServer(async (request, response) => {
    const { url = '/' } = request;
    if (url === '/result') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      response.end();
      posted(JSON.parse(Buffer.concat(chunks).toString()));
    } else if (Object.hasOwn(pages, url)) {
      const [type, body] = pages[url];
      response.writeHead(200, { ...headers, 'Content-Type': `${type}; charset=utf-8` }).end(body);
    } else {
      const file = files?.get(url.slice(1));
      const type = url.endsWith('.js') ? 'text/javascript' : 'image';
      response.writeHead(file ? 200 : 404, { ...headers, 'Content-Type': type }).end(file);
    }
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
