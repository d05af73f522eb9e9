import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import sharp from 'sharp';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, hasChromium } from '../../scripts/chromium.js';
import { emptyPhoto, fakeGroup, fakePhoto, fakeVideo } from './browser/fakePictures.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const configFile = join(root, 'examples/browser/vite.config.ts');

/** Time limit of every wait; durations mean little on a busy machine. */
const PATIENCE = 100_000;

/** Skipped if Chromium is not installed: see scripts/chromium.ts. */
describe.skipIf(!hasChromium)('the page, as built for production (skipped where Chromium is not installed)', () => {
  let folder: string;
  let outDir: string;
  let server: PreviewServer;
  let browser: Browser;
  let page: Page;
  const requested: string[] = [];
  const errors: string[] = [];
  let photos = 0;

  const texts = (selector: string): Promise<string[]> => page.locator(selector).allTextContents();
  const statusIs = (id: string, text: RegExp): Promise<void> => page.locator(`#${id}`, { hasText: text }).waitFor();
  const poll = <T>(ask: () => Promise<T>) => expect.poll(ask, { timeout: PATIENCE });

  /** The answer of one classifier for the photo shown last, and no other. */
  const answerOf = (name: string, list = 'answer'): Promise<void> =>
    page.locator(`#${list}[data-of="${name}"][data-picture="${photos}"]`).waitFor();

  const png = (name: string, buffer: Buffer) => ({ name, mimeType: 'image/png', buffer });

  /** Chooses photos, and waits until the faces of the first are found. */
  const choose = async (...files: ReturnType<typeof png>[]): Promise<void> => {
    await page.setInputFiles('#photo', files);
    photos++;
    await statusIs('status', new RegExp(`^${files[0].name}: `));
  };

  /** Drops files on an element. */
  const drop = async (selector: string, files: readonly { name: string; type: string; bytes: Buffer }[]) => {
    const transfer = await page.evaluateHandle(
      (given) => {
        const data = new DataTransfer();
        for (const { name, type, bytes } of given) data.items.add(new File([new Uint8Array(bytes)], name, { type }));
        return data;
      },
      files.map(({ name, type, bytes }) => ({ name, type, bytes: [...bytes] })),
    );
    await page.dispatchEvent(selector, 'drop', { dataTransfer: transfer });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fer-browser-'));
    outDir = join(folder, 'dist');
    const video = join(folder, 'camera.y4m');
    await writeFile(video, fakeVideo(1));
    await build({ configFile, logLevel: 'error', build: { outDir } });
    server = await preview({ configFile, build: { outDir }, preview: { port: 0, host: '127.0.0.1' } });
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-video-capture=${video}`,
      ],
    });
    const context = await browser.newContext({ permissions: ['camera'], viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(PATIENCE);
    page = await context.newPage();
    page.on('request', (request) => requested.push(request.url()));
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(server.resolvedUrls!.local[0]);
    await statusIs('status', /^Ready\.$/);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is isolated, and has a thread for every core but one', async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const threads = Math.min(8, Math.max(1, (await page.evaluate(() => navigator.hardwareConcurrency)) - 1));
    expect(await page.getAttribute('html', 'data-threads')).toBe(String(threads));
  });

  it('begins with the most accurate classifier, in words', async () => {
    const words = await texts('#classifier option');
    expect(words[0]).toMatch(/^Most accurate \(\d\d\.\d\s%\)$/);
    for (const text of words) expect(text).not.toMatch(/vgg|cnn|\//);
    expect(await page.inputValue('#classifier')).toBe('compact-vgg/softmax');
  });

  it('finds the face of a photo and reads it with every classifier of the menu', async () => {
    await choose(png('face.png', await fakePhoto(2)));
    expect(await page.getAttribute('#picture', 'aria-label')).toBe('Photo: 1 face');
    const names = await page
      .locator('#classifier option')
      .evaluateAll((options) => options.map((o) => (o as HTMLOptionElement).value));
    for (const name of names) {
      await page.selectOption('#classifier', name);
      await answerOf(name);
      const values = await texts('#answer .value');
      expect(values).toHaveLength(7);
      for (const value of values) expect(value).toMatch(/^\d+ %$/);
      const sum = values.reduce((total, value) => total + Number.parseInt(value, 10), 0);
      expect(Math.abs(sum - 100)).toBeLessThanOrEqual(4);
      const [top] = await texts('#answer [data-top] .name');
      expect(await page.textContent('#answer .top')).toBe(top);
      const sure = await page.textContent('#answer .detail');
      expect(sure).toMatch(/^\d+\s%$/);
      // To the number: those of the classifier before may have the same name.
      await poll(() => page.getAttribute('.face', 'aria-label')).toBe(`Face 1 of 1: ${top} ${sure}`);
      await poll(() => page.textContent('#spoken')).toBe(`${top} ${sure}`);
    }
    await page.selectOption('#classifier', names[0]);
    await answerOf(names[0]);
  });

  it('draws bars of one length, whatever the names', async () => {
    const widths = await page
      .locator('#answer .track')
      .evaluateAll((tracks) => tracks.map((track) => Math.round(track.getBoundingClientRect().width)));
    expect(new Set(widths).size).toBe(1);
    expect(widths[0]).toBeGreaterThan(100);
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
    await poll(redness).toBeGreaterThan(10_000);
    await page.uncheck('#explain');
    await poll(redness).toBe(0);
  });

  it('labels every face, and inspects the one that is clicked', async () => {
    await choose(png('group.png', await fakeGroup()));
    await answerOf('compact-vgg/softmax');
    await statusIs('status', /^group\.png: 3 faces found\. Choose one/);
    const faces = await page.locator('.face').all();
    expect(faces).toHaveLength(3);
    for (const face of faces) {
      await face.press('Enter');
      await poll(() => face.getAttribute('aria-pressed')).toBe('true');
      await page.locator(`#answer[data-face="${await face.getAttribute('data-id')}"]`).waitFor();
      const [top, sure] = [await page.textContent('#answer .top'), await page.textContent('#answer .detail')];
      expect(await face.textContent()).toBe(`${top} ${sure}`);
    }
    expect(await page.locator('.face[aria-pressed=true]').count()).toBe(1);
  });

  it('tries a classifier again that failed to load, and names the one that answers', async () => {
    // The first test has loaded them all: a page of its own has not.
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.locator('#status', { hasText: /^Ready\.$/ }).waitFor();
    await other.locator('#samples li:first-child button').click();
    await other.locator('#answer[data-of="compact-vgg/softmax"]').waitFor();
    await other.route(/tiny-vgg/, (route) => route.abort());
    await other.selectOption('#classifier', 'tiny-vgg/softmax');
    await other.locator('#status', { hasText: /^“Small \(.*\)” could not be loaded/ }).waitFor();
    expect(await other.inputValue('#classifier')).toBe('compact-vgg/softmax');
    await other.locator('#answer[data-of="compact-vgg/softmax"]').waitFor();
    await other.unroute(/tiny-vgg/);
    await other.selectOption('#classifier', 'tiny-vgg/softmax');
    await other.locator('#answer[data-of="tiny-vgg/softmax"]').waitFor();
    await other.close();
  });

  it('reports a photo without a face, and a file that is not a picture', async () => {
    await choose(png('grey.png', await emptyPhoto()));
    await statusIs('status', /No face was found/);
    expect(await page.locator('#answer[data-of]').count()).toBe(0);
    expect(new Set(await texts('#answer .value'))).toEqual(new Set(['–']));
    const pixel = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#888' } })
      .png()
      .toBuffer();
    await choose(png('pixel.png', pixel));
    await statusIs('status', /No face was found/);
    // A header that declares 20,000×20,000 pixels, without them.
    const huge = Buffer.from(pixel);
    huge.writeUInt32BE(20_000, 16);
    huge.writeUInt32BE(20_000, 20);
    const text = Buffer.from('no picture');
    for (const bad of [
      png('text.png', text),
      { name: 'text.jpg', mimeType: 'image/jpeg', buffer: text },
      png('huge.png', huge),
      png('nothing.png', Buffer.alloc(0)),
    ]) {
      await page.setInputFiles('#photo', bad);
      const about = `${bad.name} is not a picture that this browser can read`;
      await statusIs('status', new RegExp(`^${about.replace('.', '\\.')}`));
    }
  });

  it('takes what is dropped beside the stage: several photos, and no other files', async () => {
    const [one, two] = [await fakePhoto(2), await fakePhoto(9)];
    const notes = { name: 'notes.txt', type: 'text/plain', bytes: Buffer.from('notes') };
    await drop('footer', [notes]);
    await statusIs('status', /^notes\.txt is not a picture\. Choose a JPEG/);
    await drop('footer', [
      notes,
      { name: 'one.png', type: 'image/png', bytes: one },
      { name: 'two.png', type: 'image/png', bytes: two },
    ]);
    photos++;
    await statusIs('status', /^one\.png: 1 face found\. notes\.txt is not a picture\.$/);
    await answerOf('compact-vgg/softmax');
    expect(await page.textContent('#place')).toBe('1 of 2');
    await page.click('#next');
    photos++;
    await statusIs('status', /^two\.png: 1 face found\.$/);
    await answerOf('compact-vgg/softmax');
    await page.click('#next');
    photos++;
    await statusIs('status', /^one\.png/);
    await answerOf('compact-vgg/softmax');
  });

  it('reads the camera, frame after frame, and forgets it when it stops', async () => {
    await page.click('#camera');
    await statusIs('rate', /^[1-9]\d* frames\/s$/);
    await page.locator('#answer[data-of="compact-vgg/softmax"][data-picture="0"]').waitFor();
    await poll(() => page.getAttribute('#picture', 'aria-label')).toBe('Camera: 1 face');
    await page.click('#camera');
    await statusIs('status', /^Camera off\.$/);
    expect(await page.locator('#answer[data-of]').count()).toBe(0);
    expect(await texts('.face')).toEqual([]);
    expect(await page.getAttribute('#view', 'data-state')).toBe('empty');
    expect(await page.textContent('#spoken')).toBe('');
  });

  describe('classes of one’s own', () => {
    let first: Locator;
    let second: Locator;
    let zip: Buffer;

    it('are learned with the keyboard alone', async () => {
      await page.focus('#tab-recognise');
      await page.keyboard.press('ArrowRight');
      expect(await page.isDisabled('#export')).toBe(true);
      [first, second] = await page.locator('#classes > li').all();
      await page.press('#camera', 'Enter');
      await first.locator('input').fill('live');
      await first.locator('.record').press('Enter');
      await first.locator('.count', { hasText: /^30 pictures$/ }).waitFor();
      await page.press('#camera', 'Enter');
      await statusIs('status', /^Camera off\.$/);

      await second.locator('input').fill('still');
      for (const [i, seed] of [9, 4].entries()) {
        await choose(png(`other${seed}.png`, await fakePhoto(seed)));
        await second.locator('.record').press('Enter');
        await second.locator('.count', { hasText: i === 0 ? /^1 picture$/ : /^2 pictures$/ }).waitFor();
      }
      await page.press('#fit', 'Enter');
      await statusIs('fitted', /^Learned 32 pictures in \d+\.\d\d s\. \d+ of 32 \(\d+\s%\) are classified correctly/);
      await answerOf('own', 'own-answer');
      expect(await page.textContent('#own-answer .top')).toBe('still');
    });

    it('lose a bad picture, with the keyboard too', async () => {
      await first.locator('.frames button').last().press('Enter');
      await first.locator('.count', { hasText: /^29 pictures$/ }).waitFor();
      expect(
        await first
          .locator('.frames button')
          .last()
          .evaluate((button) => button === document.activeElement),
      ).toBe(true);
      await statusIs('fitted', /^Changed: train again/);
      await page.press('#fit', 'Enter');
      await statusIs('fitted', /^Learned 31 pictures .* classified correctly/);
    });

    it('follow a new name, on the picture and in what is exported', async () => {
      await second.locator('input').fill('drawn');
      await poll(() => page.textContent('#own-answer .top')).toBe('drawn');
      await poll(() => page.textContent('.face')).toMatch(/^drawn \d+\s%$/);
      const [download] = await Promise.all([page.waitForEvent('download'), page.press('#export', 'Enter')]);
      expect(download.suggestedFilename()).toBe('classifier.zip');
      zip = await readFile(await download.path());
      const manifest = JSON.parse(Buffer.from(unzipSync(zip)['classifier.json']).toString());
      expect(manifest.classes).toEqual(['live', 'drawn']);
    });

    it('are read in Node by the code that the page shows', async () => {
      const code = await page.textContent('#code');
      expect(code).toBe((await readFile(join(root, 'examples/browser/useExported.ts'), 'utf8')).trim());
      for (const [name, bytes] of Object.entries(unzipSync(zip))) {
        const path = join(folder, 'classifier', name);
        await mkdir(join(path, '..'), { recursive: true });
        await writeFile(path, bytes);
      }
      await writeFile(join(folder, 'photo.jpg'), await fakePhoto(4));
      const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
      const example = join(root, 'examples/browser/useExported.ts');
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [tsx, '--tsconfig', join(root, 'tsconfig.json'), example],
        { cwd: folder },
      );
      const [top, sure] = [await page.textContent('#own-answer .top'), await page.textContent('#own-answer .detail')];
      expect(stdout).toContain(` ${top} {`);
      const probability = Number(new RegExp(`${top}: ([\\d.]+)`).exec(stdout)![1]);
      expect(Math.abs(100 * probability - Number.parseInt(sure!, 10))).toBeLessThan(2);
    });

    it('are loaded back from the exported file, wherever it is dropped', async () => {
      const before = await texts('#own-answer .value');
      const bad = { name: 'bad.zip', type: 'application/zip', bytes: Buffer.from('no zip') };
      await drop('body', [bad]);
      await statusIs('status', /^bad\.zip is not a classifier that this page exported/);
      await page.reload();
      photos = 0;
      await statusIs('status', /^Ready\.$/);
      await page.setInputFiles('#exported', { name: 'classifier.zip', mimeType: 'application/zip', buffer: zip });
      await statusIs('fitted', /^classifier\.zip is loaded: live, drawn\.$/);
      expect(await page.isEnabled('#export')).toBe(true);
      await choose(png('other4.png', await fakePhoto(4)));
      await answerOf('own', 'own-answer');
      expect(await texts('#own-answer .value')).toEqual(before);
    });
  });

  it('fits a screen of 320 pixels, with the picture and its answer in sight', async () => {
    await page.click('#tab-recognise');
    await answerOf('compact-vgg/softmax');
    await page.setViewportSize({ width: 320, height: 568 });
    const width = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBe(320);
    await page.setViewportSize({ width: 390, height: 844 });
    const bottom = await page.locator('#answer .bars').evaluate((bars) => bars.getBoundingClientRect().bottom);
    expect(bottom).toBeLessThanOrEqual(844);
    await page.click('#tab-train');
    await page.setViewportSize({ width: 320, height: 568 });
    expect(await width()).toBe(320);
    await page.locator('#add').scrollIntoViewIfNeeded();
    const { top, bottom: end } = await page.locator('#view').evaluate((view) => view.getBoundingClientRect());
    expect(top).toBeGreaterThanOrEqual(0);
    expect(end - top).toBeGreaterThan(140);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('keeps bars and the selected tab in forced colours', async () => {
    await page.click('#tab-recognise');
    await answerOf('compact-vgg/softmax');
    await page.emulateMedia({ forcedColors: 'active' });
    const colour = (selector: string): Promise<string> =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => getComputedStyle(element).backgroundColor);
    expect(await colour('[role=tab][aria-selected=true]')).not.toBe(await colour('[role=tab][aria-selected=false]'));
    expect(await colour('#answer [data-top] .track span')).not.toBe(await colour('#answer .track'));
    await page.emulateMedia({ forcedColors: null });
  });

  it('talks to its own server alone, and without a complaint', () => {
    const { origin } = new URL(page.url());
    expect(requested.filter((url) => !url.startsWith(origin) && !/^(blob|data):/.test(url))).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('works in a folder of a host that isolates nothing, on one thread', async () => {
    const host = await hostFiles(outDir, '/some/where/');
    const context = await browser.newContext();
    context.setDefaultTimeout(PATIENCE);
    const other = await context.newPage();
    await other.goto(`http://127.0.0.1:${(host.address() as AddressInfo).port}/some/where/`);
    await other.locator('#samples li:last-child button').click();
    await other.locator('#answer[data-of="compact-vgg/softmax"]').waitFor();
    expect(await other.evaluate(() => crossOriginIsolated)).toBe(false);
    expect(await other.getAttribute('html', 'data-threads')).toBe('1');
    await poll(() => other.locator('.face').count()).toBe(6);
    await context.close();
    host.closeAllConnections();
    host.close();
  });

  it('says what is missing without JavaScript', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const other = await context.newPage();
    await other.goto(page.url());
    expect(await other.locator('.without').isVisible()).toBe(true);
    expect(await other.locator('#status').isVisible()).toBe(false);
    await context.close();
  });
});

/** Serves files below a path, as any static host does. */
async function hostFiles(folder: string, path: string): Promise<Server> {
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
  const server = createServer(async ({ url = '' }, response) => {
    const name = url.slice(path.length) || 'index.html';
    try {
      const bytes = await readFile(join(folder, name));
      response.writeHead(200, { 'Content-Type': types[extname(name)] ?? 'application/octet-stream' }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
