/**
 * Writes src/generated/: the kernels, compiled from assembly/, as a module of hexadecimal digits, so that no path or URL has to be
 * configured. Does nothing where it is newer than what it is made from.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'src/generated/kernels.ts');
const sources = readdirSync(join(root, 'assembly')).map((name) => join(root, 'assembly', name));
const modified = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (modified(target) > Math.max(...[...sources, fileURLToPath(import.meta.url)].map(modified))) process.exit(0);

mkdirSync(dirname(target), { recursive: true });
const staging = `${target}.${process.pid}`;
execFileSync(
  process.execPath,
  [
    ...[join(dirname(require.resolve('assemblyscript/package.json')), 'bin/asc.js'), 'assembly/index.ts'],
    ...['--outFile', `${staging}.wasm`, '--enable', 'simd', '-O3', '--noAssert', '--runtime', 'stub'],
    ...['--use', 'abort=', '--importMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  ],
  { cwd: root, stdio: 'inherit' },
);
// Base64 would be shorter, but not once compressed: it hides what repeats.
const bytes = readFileSync(`${staging}.wasm`).toString('hex');
writeFileSync(`${staging}.tmp`, `/** Made by scripts/generate.mjs. */\nexport default '${bytes}';\n`);
rmSync(`${staging}.wasm`);
renameSync(`${staging}.tmp`, target);
