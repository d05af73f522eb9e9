/** Frames a second that the page of examples/browser reads from its camera, as built for production, by threads. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { build, preview } from 'vite';
import { fakeVideo } from '../examples/test/browser/fakePictures.js';
import { CHROMIUM } from '../scripts/chromium.js';

const configFile = fileURLToPath(new URL('../examples/browser/vite.config.ts', import.meta.url));

/** Runs the suite: a line of frames a second, one each second, for each number of threads. */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fer-browser-'));
  const [video, outDir] = [join(folder, 'camera.y4m'), join(folder, 'dist')];
  await writeFile(video, fakeVideo(1));
  await build({ configFile, logLevel: 'error', build: { outDir } });
  const server = await preview({ configFile, build: { outDir }, preview: { port: 0, host: '127.0.0.1' } });
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      ...['--no-sandbox', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'],
      `--use-file-for-fake-video-capture=${video}`,
    ],
  });
  try {
    for (const threads of [1, 2]) {
      console.log(
        `Threads: ${threads}. Frames/s: ${(await measure(browser, server.resolvedUrls!.local[0], threads)).join(' ')}`,
      );
    }
  } finally {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(browser: Browser, url: string, threads: number): Promise<string[]> {
  const page = await browser.newPage({ permissions: ['camera'] });
  // The page takes all cores but one.
  await page.addInitScript(`Object.defineProperty(navigator, 'hardwareConcurrency', { value: ${threads + 1} })`);
  await page.goto(url);
  await page.click('#camera');
  const rates: string[] = [];
  for (let second = 0; second < 10; second++) {
    await page.waitForTimeout(1000);
    rates.push((await page.textContent('#rate'))!.replace(' frames/s', ''));
  }
  await page.close();
  return rates;
}
