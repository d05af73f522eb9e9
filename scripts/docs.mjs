/**
 * Builds the guide, the other pages of `docs`, the packages' READMEs and the API pages as one site in `site`, with
 * TypeDoc.
 *
 *   npm run docs
 *
 * TypeDoc takes each Markdown file as a page. Links between the pages are rewritten to point within the site, and links
 * to other files of the repository to point to GitHub.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, posix, relative } from 'node:path';
import { packages, root } from './workspace.mjs';

const out = join(root, 'out/site');
const SOURCE = 'https://github.com/fer-js/fer/tree/main';

/** The site's pages, in the order of its menu: the file and its group. */
const pages = [
  ['docs/guide.md', 'Guide'],
  ['docs/from-face-api.md', 'Guide'],
  ['docs/from-python.md', 'Guide'],
  ['docs/results.md', 'Figures'],
  ['docs/performance.md', 'Figures'],
  ['docs/scale.md', 'Figures'],
  ['docs/architecture.md', 'About'],
  ['docs/dependencies.md', 'About'],
  ...packages().map(({ manifest }) => [`packages/${manifest.name}/README.md`, 'Packages']),
];
const pageOf = new Map(pages.map(([file]) => [file, `${nameOf(file)}.md`]));
pageOf.set('README.md', 'home.md');

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
for (const [file, group] of pages) {
  const text = rewriteLinks(file, readFileSync(join(root, file), 'utf8'));
  const [, title] = /^# (.*)\n/.exec(text) ?? [undefined, nameOf(file)];
  const body = text.replace(/^# .*\n/, '');
  await writeFile(
    join(out, `${nameOf(file)}.md`),
    `---\ntitle: ${JSON.stringify(title)}\ngroup: ${group}\n---\n${body}`,
  );
}
const home = rewriteLinks('README.md', readFileSync(join(root, 'README.md'), 'utf8'));
await writeFile(join(out, 'home.md'), home.replace(/^# .*\n/, '')); // TypeDoc adds the title
const typedoc = join(root, 'node_modules/typedoc/bin/typedoc');
process.exitCode = spawnSync(process.execPath, [typedoc], { cwd: root, stdio: 'inherit' }).status ?? 1;
if (process.exitCode === 0) await correctMenu();

/** TypeDoc writes `navigationLinks` as they are, relative to the site's root, into the pages of all folders. */
async function correctMenu() {
  const site = join(root, 'site');
  for (const entry of await readdir(site, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !entry.name.endsWith('.html') || entry.parentPath === site) continue;
    const up = relative(entry.parentPath, site).replaceAll('\\', '/');
    const text = await readFile(file, 'utf8');
    const corrected = text.replaceAll(/href="\.\/(demo\/index\.html|report\.html)"/g, `href="${up}/$1"`);
    if (corrected !== text) await writeFile(file, corrected);
  }
}

/** `docs/guide.md` → guide, `packages/fer-core/README.md` → fer-core. */
function nameOf(file) {
  return file.startsWith('packages/') ? file.split('/')[1] : posix.basename(file, '.md');
}

/** @param {string} file Where the text stands; its links are relative to that. */
function rewriteLinks(file, text) {
  const images = text.replaceAll(/ (src|srcset)="(?!\w+:)([^"]+)"/g, (_, attribute, to) => {
    const target = posix.normalize(posix.join(posix.dirname(file), to));
    return ` ${attribute}="${relative(out, join(root, target)).replaceAll('\\', '/')}"`;
  });
  return images.replaceAll(/\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)/g, (_, to, anchor = '') => {
    const target = posix.normalize(posix.join(posix.dirname(file), to)).replace(/\/$/, '');
    const page = pageOf.get(target) ?? pageOf.get(`${target}/README.md`);
    if (page) return `](./${page}${anchor})`;
    if (!existsSync(join(root, target))) throw new Error(`${file} links to ${to}, which does not exist.`);
    if (/\.(png|svg|jpg|webp)$/.test(target)) return `](${relative(out, join(root, target)).replaceAll('\\', '/')})`;
    return `](${SOURCE}/${target}${anchor})`;
  });
}
