/**
 * How fast the page of examples/browser processes its camera, built for production, by number of threads: classified
 * frames per second, and the milliseconds for detecting and classifying a face, after a warm-up.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pretrainedNames } from 'fer-models';
import { type Browser, chromium } from 'playwright-core';
import { build, preview } from 'vite';
import { fakeVideo } from '../examples/test/browser/fakePictures.js';
import { CHROMIUM } from '../scripts/chromium.js';
import { median } from './contestant.js';

const configFile = fileURLToPath(new URL('../examples/browser/vite.config.ts', import.meta.url));

/** Seconds of warm-up, and of measurement. */
const [WARM, MEASURED] = [3, 10];

/** Runs the suite. Prints a line for each number of threads. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { model: { type: 'string', default: pretrainedNames[0] } },
  });
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
    console.log(`${values.model} in ${browser.version()}, a camera of 30 frames/s. The page takes all cores but one.`);
    for (const threads of [1, 2]) {
      const times = await measure(browser, server.resolvedUrls!.local[0], threads, values.model);
      const [classified, detected] = ['classify', 'detect'].map((name) => times[name] ?? []);
      console.log(
        `Threads: ${threads}. ${(classified.length / MEASURED).toFixed(1)} classified frames/s, ` +
          `${median(classified).toFixed(1)} ms each; ${(detected.length / MEASURED).toFixed(1)} detections/s, ` +
          `${median(detected).toFixed(1)} ms each.`,
      );
    }
  } finally {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Durations of the page's performance measures in milliseconds, by name. */
async function measure(
  browser: Browser,
  url: string,
  threads: number,
  model: string,
): Promise<Readonly<Record<string, number[]>>> {
  const page = await browser.newPage({ permissions: ['camera'] });
  await page.addInitScript(`Object.defineProperty(navigator, 'hardwareConcurrency', { value: ${threads + 1} })`);
  await page.goto(url);
  await page.locator('#status', { hasText: 'Ready.' }).waitFor();
  await page.selectOption('#classifier', model);
  await page.click('#camera');
  await page.waitForTimeout(1000 * WARM);
  await page.evaluate(`times = {}; new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) (times[name] ??= []).push(duration);
  }).observe({ entryTypes: ['measure'] })`);
  await page.waitForTimeout(1000 * MEASURED);
  const times = await page.evaluate<Record<string, number[]>>('times');
  await page.close();
  return times;
}
