/**
 * Checks every built package as npm would publish it: which files it packs, its exports map (publint), its types under
 * every module resolution (are-the-types-wrong), its imports, whether its entries load as ES modules and as CommonJS,
 * and the size of bundles of them.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import { checkSizes } from './sizes.mjs';
import { pack, packages, root } from './workspace.mjs';

const run = promisify(execFile);
const temporary = mkdtempSync(join(tmpdir(), 'fer-packages-'));
try {
  const all = packages();
  const packed = await Promise.all(all.map(install));
  linkDependencies(all.map(({ manifest }) => manifest.name));
  const results = [...(await Promise.all(packed.map(check))), await checkSizes(temporary)];
  for (const { name, summary, problems } of results) {
    console.log(`${name}: ${problems.length === 0 ? `ok (${summary})` : `${problems.length} problem(s)`}`);
    for (const problem of problems) console.log(`  - ${problem}`);
  }
  if (all.length === 0 || results.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** Packs a package and unpacks it where programs in `temporary` resolve it. */
async function install({ folder, manifest }) {
  const account = await pack(folder, temporary);
  const target = join(temporary, 'node_modules', manifest.name);
  mkdirSync(target, { recursive: true });
  await run('tar', ['-xzf', account.tarball, '-C', target, '--strip-components=1']);
  return { ...account, folder: target, manifest };
}

/** Links the packages' dependencies from the repository's own installation. */
function linkDependencies(names) {
  const installed = join(root, 'node_modules');
  for (const name of readdirSync(installed).filter((entry) => !entry.startsWith('.') && !names.includes(entry))) {
    symlinkSync(join(installed, name), join(temporary, 'node_modules', name), 'junction');
  }
}

async function check({ tarball, size, files, folder, manifest }) {
  const problems = await Promise.all([
    checkContents(files.map(({ path }) => path)),
    checkExports(manifest, tarball),
    checkTypes(tarball),
    checkImports(folder, manifest),
    checkLoading(folder, manifest),
  ]);
  const summary = `${files.length} files, ${(size / 1000).toFixed(1)} kB packed`;
  return { name: manifest.name, summary, problems: problems.flat() };
}

function checkContents(paths) {
  const allowed = /^(package\.json|README\.md|LICENSE|THIRD-PARTY-LICENSES|CHANGELOG\.md|dist\/.+|data\/.+)$/;
  const missing = ['package.json', 'README.md', 'LICENSE'].filter((path) => !paths.includes(path));
  return [
    ...missing.map((path) => `it does not pack ${path}`),
    ...paths.filter((path) => !allowed.test(path)).map((path) => `it packs ${path}, which users do not need`),
  ];
}

async function checkExports(manifest, tarball) {
  const bytes = readFileSync(tarball);
  const pack = { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) };
  const { messages } = await publint({ strict: true, pack });
  return messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`);
}

/** The oldest resolution ("node10") doesn't support exports maps; our `engines` exclude it. */
async function checkTypes(tarball) {
  const cli = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  const args = [cli, tarball, '--profile', 'node16', '--no-definitely-typed', '--format', 'ascii', '--no-color'];
  try {
    await run(process.execPath, args);
    return [];
  } catch ({ stdout, stderr }) {
    return [`are the types wrong?\n${stdout}${stderr}`];
  }
}

/**
 * Checks every module reachable from an entry: a browser entry (all except `./node`) must not import a Node module, and
 * every package imported by name must be a dependency.
 */
function checkImports(folder, manifest) {
  const problems = new Set();
  const declared = [manifest.name, ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })];
  for (const [entry, files] of entries(manifest)) {
    const seen = new Set(files.map((file) => join(folder, file)));
    for (const file of seen) {
      if (!existsSync(file)) {
        problems.add(`${entry} needs ${relative(folder, file)}, which is missing`);
        continue;
      }
      const source = readFileSync(file, 'utf8');
      const where = `${relative(folder, file)} (of entry ${entry})`;
      if (/\bimport_meta\b/.test(source)) problems.add(`${where} uses import.meta, which CommonJS does not support`);
      for (const { fileName: imported } of ts.preProcessFile(source, true, true).importedFiles) {
        if (imported.startsWith('.')) seen.add(typed(file, join(dirname(file), imported)));
        else if (isBuiltin(imported)) {
          if (entry !== './node') problems.add(`${where} imports ${imported}, which browsers do not have`);
        } else if (!declared.some((name) => imported === name || imported.startsWith(`${name}/`))) {
          problems.add(`${where} imports ${imported}, which is not a dependency`);
        }
      }
    }
  }
  return [...problems];
}

/** Declarations import `./x.js` but mean `./x.d.ts`. */
function typed(from, imported) {
  return /\.d\.c?ts$/.test(from) ? imported.replace(/\.(c?)js$/, '.d.$1ts') : imported;
}

async function checkLoading(folder, manifest) {
  const names = [...entries(manifest).keys()].map((entry) => join(manifest.name, entry));
  const code = `
    import { createRequire } from 'node:module';
    const require = createRequire(process.cwd() + '/');
    for (const name of ${JSON.stringify(names)}) {
      const [esm, cjs] = [await import(name), require(name)].map((m) => Object.keys(m).sort().join());
      if (esm !== cjs || esm === '') throw new Error(name + ' exports [' + esm + '] or, required, [' + cjs + ']');
    }
    process.exit();`;
  try {
    await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: folder });
    return [];
  } catch ({ stderr }) {
    return [`it does not load:\n${stderr}`];
  }
}

/** The entries of an exports map, each with all its files, including types. */
function entries({ exports }) {
  const code = Object.entries(exports).filter(([entry]) => entry !== './package.json');
  return new Map(code.map(([entry, targets]) => [entry, JSON.stringify(targets).match(/\.\/dist\/[^"]+/g)]));
}
