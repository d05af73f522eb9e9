/**
 * Builds the web site as static files in `site`, for any host and any path: the guide and the API pages, the page of
 * examples/browser in `site/demo`, and the report of a training on synthetic faces as `site/report.html`.
 */
import { execFileSync } from 'node:child_process';
import { cp, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../', import.meta.url));
const site = `${root}site`;

/**
 * Response headers for hosts that read such a file (Netlify, Cloudflare Pages). With them, the page can use threads.
 */
const HEADERS = `/demo/*
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Embedder-Policy: require-corp
`;

// TypeDoc empties the folder first.
run('npm', ['run', 'docs']);
await build({
  configFile: `${root}examples/browser/vite.config.ts`,
  logLevel: 'warn',
  build: { outDir: `${site}/demo`, emptyOutDir: true },
});
run('npm', ['start', '--', '--out', 'out/site-report']);
await cp(`${root}out/site-report/report.html`, `${site}/report.html`);
await writeFile(`${site}/_headers`, HEADERS);
console.log('The site is in site: serve it with any static server.');

function run(command, options) {
  execFileSync(command, options, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
}
