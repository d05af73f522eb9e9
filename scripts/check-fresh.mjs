/**
 * Installs the packages as npm would serve them into a new project outside the repository, without install scripts, and
 * compiles and runs the samples of README.md there as a user would: the sample that reads a photo as an ES module; the
 * sample that trains as an ES module under both module resolutions, as CommonJS, and bundled by Vite in a page. The
 * packages must be built.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'vite';
import { hasChromium, openPage } from './chromium.ts';
import { pack, packages, root } from './workspace.mjs';

const run = promisify(execFile);
const DATA = 'fer2013.csv.gz'; // as the sample has it

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const samples = [...readme.matchAll(/```ts\n(import .*?)```/gs)].map(([, code]) => code);
const photoSample = samples.find((code) => code.includes('readExpressions('));
const sample = samples.find((code) => code.includes('saveClassifier('));
const [, imports, body] = /^((?:import [^\n]*\n)+)(.*)$/s.exec(sample);

/** The sample that trains, in different environments. Except in the page, it is identical to README.md. */
const PROGRAMS = [
  { name: 'node16', file: 'main.mts', code: sample, options: { module: 'node16' } },
  { name: 'bundler', file: 'main.mts', code: sample, options: { module: 'esnext', moduleResolution: 'bundler' } },
  {
    name: 'commonjs',
    file: 'main.cts',
    code: `${imports}async function main() {\n${body}}\nvoid main();\n`,
    options: { module: 'node16' },
  },
];

const temporary = mkdtempSync(join(tmpdir(), 'fer-fresh-'));
try {
  await install();
  await makeData();
  await tell('photo', runPhoto);
  for (const program of PROGRAMS) await tell(program.name, () => runProgram(program));
  await tell('vite', runPage);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

async function tell(name, check) {
  const start = performance.now();
  try {
    const printed = await check();
    console.log(`${name}: ${printed} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`${name}: failed\n${error.stdout ?? ''}${error.stderr ?? error.stack}`);
  }
}

async function install() {
  const all = packages();
  const packed = await Promise.all(all.map(({ folder }) => pack(folder, temporary)));
  const dependencies = Object.fromEntries(all.map(({ manifest }, i) => [manifest.name, `file:${packed[i].filename}`]));
  const overrides = Object.fromEntries(all.map(({ manifest }) => [manifest.name, `$${manifest.name}`]));
  const devDependencies = { '@types/node': '^20.19.0' };
  write('package.json', JSON.stringify({ private: true, dependencies, overrides, devDependencies }));
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options], { cwd: temporary });
}

/** Writes the samples' input files, made from synthetic faces. */
async function makeData() {
  const code = `
    import { syntheticFaces } from 'fer-data';
    import { exportCsv, exportImageFolder } from 'fer-data/node';
    await exportCsv('${DATA}', { train: syntheticFaces({ n: 42 }), publicTest: syntheticFaces({ n: 14, seed: 1 }) });
    const photo = { ...syntheticFaces({ n: 1, seed: 5, size: 480 }), labels: Uint8Array.of(0), classes: ['photos'] };
    await exportImageFolder('made', photo, { format: 'jpg' });`;
  write('data.mjs', code);
  await run(process.execPath, ['data.mjs'], { cwd: temporary });
}

async function runPhoto() {
  write('photo/main.mts', photoSample);
  await compile('photo', { module: 'node16' });
  const cwd = join(temporary, 'photo');
  copyFileSync(join(temporary, 'made/photos/000001.jpg'), join(cwd, 'photo.jpg'));
  await run(process.execPath, ['main.mjs'], { cwd });
  return 'the sample of README.md that reads a photo runs';
}

async function runProgram({ name, file, code, options }) {
  const cwd = join(temporary, name);
  write(join(name, file), code);
  await compile(name, options);
  copyFileSync(join(temporary, DATA), join(cwd, DATA));
  const { stdout } = await run(process.execPath, [file.replace('ts', 'js')], { cwd });
  if (!readdirSync(join(cwd, 'models/mine')).includes('classifier.json')) throw new Error('it saved nothing');
  return checkAccuracy(stdout);
}

/** A page has no files: it fetches the data, and saves to memory. */
async function runPage() {
  const code = sample
    .replace("{ pipe, saveClassifier } from 'fer-core'", "{ memoryFolder, pipe, saveClassifier } from 'fer-core'")
    .replace(/import .* 'fer-core\/node';\n/, '')
    .replace(/import .* 'fer-data\/node';\n/, '')
    .replace("{ randomFlip } from 'fer-data'", "{ parseFer2013, randomFlip } from 'fer-data'")
    .replace(`loadFer2013('${DATA}')`, `parseFer2013((await fetch('/${DATA}')).body!)`)
    .replace("diskFolder('models/mine')", 'memoryFolder()')
    .replace(/console\.log\((.*)\)/, "await fetch('/result', { method: 'POST', body: JSON.stringify($1) })");
  const folder = join(temporary, 'vite');
  write('vite/main.ts', code);
  write('vite/index.html', '<!doctype html><script type="module" src="/main.ts"></script>');
  await compile('vite', { module: 'esnext', moduleResolution: 'bundler', noEmit: true });
  await build({ root: folder, configFile: false, logLevel: 'error' });
  if (!hasChromium) return 'built, not run: Chromium is not installed';
  const dist = join(folder, 'dist');
  const paths = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const files = new Map(paths.map((path) => [relative(dist, path).split(sep).join('/'), readFileSync(path)]));
  files.set(DATA, readFileSync(join(temporary, DATA)));
  const [, entry] = /<script type="module"[^>]* src="([^"]+)"/.exec(files.get('index.html').toString());
  return checkAccuracy(await openPage(`import ${JSON.stringify(entry)};`, { files }));
}

/** Declarations are checked too, except those of tfjs, which have errors. */
async function compile(name, options) {
  const compilerOptions = { target: 'es2022', strict: true, types: ['node'], ...options };
  write(join(name, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  try {
    await run(process.execPath, [tsc, '-p', name, '--pretty', 'false'], { cwd: temporary });
  } catch (error) {
    const ours = error.stdout
      .split('\n')
      .filter((line) => /^\S.*error TS/.test(line) && !line.includes('@tensorflow/'));
    if (ours.length > 0) throw new Error(ours.join('\n'));
  }
}

function write(path, text) {
  const file = join(temporary, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}

function checkAccuracy(printed) {
  const accuracy = Number(printed);
  if (!(accuracy >= 0 && accuracy <= 1)) throw new Error(`it printed ${printed} for an accuracy`);
  return `the sample of README.md runs, accuracy ${accuracy.toFixed(2)}`;
}
