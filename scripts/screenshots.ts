/**
 * Takes the screenshots in docs/images for README and docs: `npm run screenshots`, or `npm run screenshots -- report`
 * for one subject. It needs Chromium (see scripts/chromium.ts).
 *
 * To add a screenshot, add a subject to SUBJECTS: a function that opens a page and photographs it.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build, preview } from 'vite';
import { CHROMIUM } from './chromium.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const IMAGES = join(ROOT, 'docs/images');

/** The arguments of a subject. */
interface Studio {
  readonly browser: Browser;
  /** The output of `npm start` on synthetic faces. It runs once, for the first subject that needs it. */
  run(): Promise<{ readonly output: string; readonly report: string }>;
  /** The path of a picture in docs/images. */
  image(name: string): string;
}

const SUBJECTS: Readonly<Record<string, (studio: Studio) => Promise<void>>> = {
  /** The top of a report, in light and dark mode and on a phone. */
  async report({ browser, run, image }) {
    const { report } = await run();
    const shots = [
      { name: 'report.png', width: 1200, height: 1000, colorScheme: 'light' },
      { name: 'report-dark.png', width: 1200, height: 1000, colorScheme: 'dark' },
      { name: 'report-phone.png', width: 390, height: 844, colorScheme: 'light' },
    ] as const;
    for (const { name, width, height, colorScheme } of shots) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme, deviceScaleFactor: 1.5 });
      await page.goto(pathToFileURL(report).href);
      await page.screenshot({ path: image(name) });
      await page.close();
    }
  },

  /** The page of examples/browser with a drawn picture, on a desktop and on a phone, in light and dark mode. */
  async page({ browser, image }) {
    const configFile = join(ROOT, 'examples/browser/vite.config.ts');
    const outDir = await mkdtemp(join(tmpdir(), 'fer-page-'));
    await build({ configFile, logLevel: 'error', build: { outDir } });
    const server = await preview({ configFile, build: { outDir }, preview: { port: 0, host: '127.0.0.1' } });
    const shots = [
      { name: 'page.png', width: 1200, height: 760, colorScheme: 'light' },
      { name: 'page-dark.png', width: 1200, height: 760, colorScheme: 'dark' },
      { name: 'page-phone.png', width: 390, height: 844, colorScheme: 'light' },
      { name: 'page-phone-dark.png', width: 390, height: 844, colorScheme: 'dark' },
    ] as const;
    for (const { name, width, height, colorScheme } of shots) {
      const isPhone = width < 600;
      const page = await browser.newPage({
        viewport: { width, height },
        colorScheme,
        deviceScaleFactor: isPhone ? 2 : 1.5,
        hasTouch: isPhone,
        isMobile: isPhone,
      });
      page.setDefaultTimeout(120_000);
      await page.goto(server.resolvedUrls!.local[0]);
      await page.locator('#samples li:last-child button').click();
      await page.locator('.face', { hasText: 'happy' }).first().click();
      await page.locator('#answer .top', { hasText: 'happy' }).waitFor();
      // The pointer would be over a face, and the bars are still growing.
      await page.mouse.move(0, 0);
      await page.waitForTimeout(500);
      await page.screenshot({ path: image(name) });
      await page.close();
    }
    await server.close();
    await rm(outDir, { recursive: true, force: true });
  },

  /** The last lines that `npm start` prints. */
  async terminal({ browser, run, image }) {
    const { output } = await run();
    const page = await browser.newPage({ viewport: { width: 760, height: 400 }, deviceScaleFactor: 1.5 });
    await showTerminal(page, `$ npm start\n${output}`);
    await page.locator('pre').screenshot({ path: image('terminal.png') });
    await page.close();
  },
};

async function showTerminal(page: Page, text: string): Promise<void> {
  await page.setContent(
    `<style>body{margin:0}pre{margin:0;padding:20px 24px;background:#181c22;color:#e6e9ed;width:max-content;
      font:14px/1.35 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}</style><pre></pre>`,
  );
  await page.locator('pre').evaluate((element, shown) => {
    element.textContent = shown;
  }, text.trimEnd());
}

/** Runs the main example in a folder of its own, at 80 columns. */
async function runExample(folder: string): Promise<{ output: string; report: string }> {
  const tsx = join(ROOT, 'node_modules/tsx/dist/cli.mjs');
  const child = spawn(process.execPath, [tsx, 'examples/compare-heads/main.ts', '--out', folder], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`npm start ended with code ${code}.`);
  return { output: output.replaceAll(folder, 'out/compare-heads'), report: join(folder, 'report.html') };
}

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.find((name) => !Object.hasOwn(SUBJECTS, name));
  if (unknown !== undefined) {
    console.error(`No subject "${unknown}": use one or more of ${Object.keys(SUBJECTS).join(', ')}, or none for all.`);
    process.exit(2);
  }
  await mkdir(IMAGES, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 'fer-screenshots-'));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    let running: ReturnType<Studio['run']> | undefined;
    const studio: Studio = {
      browser,
      run() {
        running ??= runExample(folder);
        return running;
      },
      image: (name) => join(IMAGES, name),
    };
    for (const [name, take] of Object.entries(SUBJECTS)) {
      if (names.length === 0 || names.includes(name)) await take(studio);
    }
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

await main(process.argv.slice(2));
