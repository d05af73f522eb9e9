/**
 * Writes data/: for each folder of models/ a module with all its files in base64, so that neither Node nor a bundler
 * needs a path or a URL. It is the one thing of this package that both builds share, and is imported only when asked for.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modified = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const names = readdirSync(join(root, 'models'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
mkdirSync(join(root, 'data'), { recursive: true });
for (const name of names) {
  const folder = join(root, 'models', name);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const target = join(root, 'data', `${name}.js`);
  if (modified(target) > Math.max(...[...files, fileURLToPath(import.meta.url)].map(modified))) continue;
  const lines = files.map((file) => {
    const path = relative(folder, file).split(sep).join('/');
    return `  ${JSON.stringify(path)}: '${readFileSync(file).toString('base64')}',`;
  });
  write(target, `export default {\n${lines.join('\n')}\n};\n`);
  write(
    join(root, 'data', `${name}.d.ts`),
    'declare const files: Readonly<Record<string, string>>;\nexport default files;\n',
  );
}

function write(file, text) {
  const staging = `${file}.${process.pid}.tmp`;
  writeFileSync(staging, `/** Made by scripts/generate.mjs. */\n${text}`);
  renameSync(staging, file);
}
