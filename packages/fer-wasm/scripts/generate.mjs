/**
 * Writes src/generated/: our kernels, compiled from assembly/ in two builds, and upstream's SIMD binary, all as base64
 * modules, so that no path or URL has to be configured. Does nothing where they are newer than what they are made from.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const generated = join(root, 'src/generated');
const upstream = require.resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm');
const sources = readdirSync(join(root, 'assembly')).map((name) => join(root, 'assembly', name));
const modified = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const newest = Math.max(...[...sources, upstream, fileURLToPath(import.meta.url)].map(modified));
const targets = ['plain', 'relaxed', 'upstream'].map((name) => join(generated, `${name}.ts`));
if (targets.every((file) => modified(file) > newest)) process.exit(0);

const compiler = join(dirname(require.resolve('assemblyscript/package.json')), 'bin/asc.js');
mkdirSync(generated, { recursive: true });
for (const [name, relaxed] of [
  ['plain', 0],
  ['relaxed', 1],
]) {
  const binary = join(generated, `${name}.${process.pid}.wasm`);
  execFileSync(
    process.execPath,
    [
      ...[compiler, 'assembly/index.ts', '--outFile', binary],
      ...['--enable', 'simd', '--enable', 'relaxed-simd', '--enable', 'threads', '-O3', '--noAssert'],
      ...['--runtime', 'stub', '--use', 'abort=', '--use', `RELAXED=${relaxed}`],
      ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
    ],
    { cwd: root, stdio: 'inherit' },
  );
  write(name, readFileSync(binary));
  rmSync(binary);
}
write('upstream', readFileSync(upstream));

function write(name, bytes) {
  const file = join(generated, `${name}.ts`);
  const staging = `${file}.${process.pid}.tmp`;
  writeFileSync(staging, `/** Made by scripts/generate.mjs. */\nexport default '${bytes.toString('base64')}';\n`);
  renameSync(staging, file);
}
