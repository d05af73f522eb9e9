/**
 * Sizes of our packages in a page: bundled and minified by esbuild, compressed by brotli, and checked against a budget.
 */
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

/** The packages that a page with fer-onnx already loads, because it trains or loads classifiers. */
const AROUND_ONNX = ['fer-core', 'fer-backbones', '@tensorflow/*', 'onnxruntime-web'];

/**
 * `from`: the only packages that may be in the bundle. `external`: packages that the page has anyway; they are not
 * counted.
 */
const BUDGETS = [
  { code: "export * from 'fer-core';", kB: 11, from: ['fer-core'] },
  { code: "export * from 'fer-heads';", kB: 39.5, from: ['fer-heads', 'fer-core'] },
  { code: "export { linearL2SVM } from 'fer-heads';", kB: 26.5, from: ['fer-heads', 'fer-core'] },
  { code: "export * from 'fer-eval';", kB: 30, from: ['fer-eval', 'fer-core'] },
  // Includes fer-core's errors, which it throws for invalid arguments.
  { code: "export { accuracy } from 'fer-eval';", kB: 1.1, from: ['fer-eval', 'fer-core'] },
  { code: "export * from 'fer-onnx';", kB: 17, from: ['fer-onnx', '@bufbuild/protobuf'], external: AROUND_ONNX },
];

/** @param folder - A folder whose node_modules contains the packages. */
export async function checkSizes(folder) {
  const results = await Promise.all(BUDGETS.map((budget) => checkSize(folder, budget)));
  return {
    name: 'bundles',
    summary: results.map(({ summary }) => summary).join('; '),
    problems: results.flatMap(({ problems }) => problems),
  };
}

async function checkSize(folder, { code, kB, from, external = [] }) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: folder },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    metafile: true,
    external,
  });
  const size = brotliCompressSync(outputFiles[0].contents).length / 1000;
  const summary = `${code} ${size.toFixed(2)} of ${kB} kB`;
  const [{ inputs }] = Object.values(metafile.outputs);
  const used = Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0 && file.includes('node_modules/'));
  const strangers = new Set(used.map(packageOf).filter((name) => from && !from.includes(name)));
  const problems = [...strangers].map((name) => `${code} also bundles ${name}`);
  if (size > kB) problems.push(`${code} is ${size.toFixed(2)} kB, minified and compressed: over its budget of ${kB}`);
  return { summary, problems };
}

/** The package that a file belongs to. */
function packageOf(file) {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)[1];
}
