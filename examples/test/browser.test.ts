import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backbones } from 'fer-backbones';
import { loadClassifier, memoryFolder } from 'fer-core';
import { heads } from 'fer-heads';
import { pretrainedNames } from 'fer-models';
import { useWasm } from 'fer-wasm';
import { unzipSync } from 'fflate';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, hasChromium } from '../../scripts/chromium.js';
import { emptyPhoto, fakePhoto, fakeVideo } from './browser/fakePictures.js';

const configFile = fileURLToPath(new URL('../browser/vite.config.ts', import.meta.url));

/** Skipped where there is no Chromium: see scripts/chromium.ts. */
describe.skipIf(!hasChromium)('the page, as built for production (skipped where Chromium is not installed)', () => {
  let folder: string;
  let server: PreviewServer;
  let browser: Browser;
  let page: Page;
  const requested: string[] = [];
  const errors: string[] = [];

  const texts = (selector: string): Promise<string[]> => page.locator(selector).allTextContents();
  const bars = (list: string): Promise<string[]> => texts(`#${list} .value`);
  const statusIs = (id: string, text: RegExp): Promise<void> => page.locator(`#${id}`, { hasText: text }).waitFor();
  const showPhoto = async (name: string, buffer: Buffer): Promise<void> => {
    await page.setInputFiles('#photo', { name, mimeType: 'image/png', buffer });
    await statusIs('status', new RegExp(name));
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fer-browser-'));
    const outDir = join(folder, 'dist');
    const video = join(folder, 'camera.y4m');
    await writeFile(video, fakeVideo(1));
    await build({ configFile, logLevel: 'error', build: { outDir } });
    server = await preview({ configFile, build: { outDir }, preview: { port: 0, host: '127.0.0.1' } });
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        ...['--no-sandbox', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'],
        `--use-file-for-fake-video-capture=${video}`,
      ],
    });
    page = await browser.newPage({ permissions: ['camera'] });
    page.on('request', (request) => requested.push(request.url()));
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(server.resolvedUrls!.local[0]);
    await statusIs('status', /Ready/);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is isolated, and has a thread for every core but one', async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const threads = Math.min(8, (await page.evaluate(() => navigator.hardwareConcurrency)) - 1);
    expect(await page.textContent('#status')).toContain(threads > 1 ? `${threads} threads` : 'one thread');
  });

  it('finds the face of a photo and reads it with every shipped classifier', async () => {
    await showPhoto('face.png', await fakePhoto(2));
    await expect.poll(() => page.getAttribute('#picture', 'aria-label')).toBe('Photo: a face');
    for (const name of pretrainedNames.filter((name) => !name.includes('-ensemble/'))) {
      await page.selectOption('#classifier', name);
      await page.locator(`#bars[data-of="${name}"]`).waitFor();
      const margins = !(await page.textContent('#about'))!.startsWith('Bars are probabilities');
      const text = margins ? /^[+−]\d\.\d\d$/ : /^\d+ %$/;
      const values = await bars('bars');
      expect(values).toHaveLength(7);
      for (const value of values) expect(value).toMatch(text);
      if (margins) continue;
      const sum = values.reduce((total, value) => total + Number.parseInt(value, 10), 0);
      expect(Math.abs(sum - 100)).toBeLessThanOrEqual(4);
    }
    expect(await page.textContent('#spoken')).toBe(await page.textContent('#bars [data-top] .name'));
  });

  it('shows where the classifier looks', async () => {
    /** How much redder than blue the picture is; grey is neither. */
    const redness = (): Promise<number> =>
      page.locator('#picture').evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return data.reduce((sum, value, i) => sum + (i % 4 === 0 ? value : i % 4 === 2 ? -value : 0), 0);
      });
    expect(await redness()).toBe(0);
    await page.check('#explain');
    await expect.poll(redness).toBeGreaterThan(10_000);
    await page.uncheck('#explain');
    await expect.poll(redness).toBe(0);
  });

  it('says so where there is no face, and where there is no picture', async () => {
    await page.setInputFiles('#photo', { name: 'grey.png', mimeType: 'image/png', buffer: await emptyPhoto() });
    await statusIs('status', /No face found in grey\.png/);
    await expect.poll(async () => new Set(await bars('bars'))).toEqual(new Set(['–']));
    await page.setInputFiles('#photo', { name: 'text.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await statusIs('status', /text\.png is no picture/);
  });

  it('reads the camera, frame after frame', async () => {
    await page.click('#camera');
    await statusIs('rate', /^[1-9]\d* frames\/s$/);
    await expect.poll(() => page.getAttribute('#picture', 'aria-label')).toBe('Camera: a face');
  });

  it('learns classes of one’s own, with the keyboard alone', async () => {
    await page.focus('#tab-recognise');
    await page.keyboard.press('ArrowRight');
    const [first, second] = await page.locator('#classes li').all();
    await first.locator('input').fill('live');
    await first.locator('.record').press('Enter');
    await first.locator('.count', { hasText: '30 faces' }).waitFor();
    await page.click('#camera');
    await statusIs('status', /Camera off/);

    await showPhoto('other.png', await fakePhoto(9));
    await second.locator('input').fill('still');
    await second.locator('.record').press('Enter');
    await second.locator('.count', { hasText: '1 face' }).waitFor();
    await page.press('#fit', 'Enter');
    await statusIs('fitted', /^Learned 31 faces in \d+\.\d\d s/);
    await page.locator('#own-bars [data-top] .name', { hasText: 'still' }).waitFor();
  });

  it('exports them as a classifier that Node loads', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#export')]);
    expect(download.suggestedFilename()).toBe('classifier.zip');
    const files = unzipSync(await readFile(await download.path()));
    await useWasm({ threads: 1 });
    const classifier = await loadClassifier(memoryFolder(Object.entries(files)), { backbones, heads });
    expect(classifier.classes).toEqual(['live', 'still']);

    // The face that the page shows on the second card, and what it says of it.
    const images = await page.locator('#classes li:nth-child(2) canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, 48, 48);
      return Array.from(data).filter((_, i) => i % 4 === 0);
    });
    const face = { images: Uint8Array.from(images), n: 1, height: 48, width: 48, channels: 1 };
    const { data } = await classifier.decisionFunction(face);
    const shown = (await bars('own-bars')).map((text) => Number(text.replace('−', '-')));
    for (const [i, score] of shown.entries()) expect(Math.abs(data[i] - score)).toBeLessThan(0.011);
    classifier.dispose();
  });

  it('talks to its own server alone, and without a complaint', () => {
    const { origin } = new URL(page.url());
    expect(requested.filter((url) => !url.startsWith(origin) && !/^(blob|data):/.test(url))).toEqual([]);
    expect(errors).toEqual([]);
  });
});
