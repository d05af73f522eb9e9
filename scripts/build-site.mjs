/**
 * Builds the web site as static files in `site`, for any host and any folder of it: the page of examples/browser in
 * `site/demo`, and the API pages in `site/api`.
 */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../', import.meta.url));
const site = `${root}site`;

/** What hosts that read such a file (Netlify, Cloudflare Pages) send with the page: it then has threads. */
const HEADERS = `/demo/*
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Embedder-Policy: require-corp
`;

const INDEX = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>fer – facial expression recognition in TypeScript</title>
    <style>
      body { max-width: 34rem; margin: 4rem auto; padding: 0 1rem; font: 1.05rem / 1.6 system-ui, sans-serif; }
    </style>
  </head>
  <body>
    <h1>fer</h1>
    <p>Facial expression recognition in TypeScript: train, compare and ship classifiers without leaving npm.</p>
    <ul>
      <li><a href="./demo/">Try it in your browser</a></li>
      <li><a href="./api/">API pages</a></li>
    </ul>
  </body>
</html>
`;

await rm(site, { recursive: true, force: true });
await mkdir(site, { recursive: true });
await build({
  configFile: `${root}examples/browser/vite.config.ts`,
  logLevel: 'warn',
  build: { outDir: `${site}/demo`, emptyOutDir: true },
});
execFileSync(process.execPath, [`${root}node_modules/typedoc/bin/typedoc`], { cwd: root, stdio: 'inherit' });
await cp(`${root}docs/api`, `${site}/api`, { recursive: true });
await writeFile(`${site}/_headers`, HEADERS);
await writeFile(`${site}/index.html`, INDEX);
console.log('The site is in site: serve it with any static server.');
