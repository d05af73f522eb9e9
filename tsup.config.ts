import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

/**
 * How every package is built; `scripts/build.mjs` runs it once in each package's folder. The entries are those that its
 * exports map promises: `./dist/node.js` is made from `src/node.ts`.
 */
const { name, exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  name: string;
  exports: Record<string, unknown>;
};
const entry = [...new Set(JSON.stringify(exports).match(/dist\/[^"]+(?=\.js")/g))].map((file) =>
  file.replace('dist/', 'src/').concat('.ts'),
);

export default defineConfig({
  entry,
  tsconfig: '../../tsconfig.json',
  format: ['esm', 'cjs'],
  target: ['es2022', 'node20'],
  // Types of other packages are read from their sources (the `paths` of tsconfig.json, which tsup would resolve against
  // the package) but imported by name, since dependencies stay outside: no package needs another to be built before it.
  dts: { compilerOptions: { baseUrl: '../..' } },
  // The data of fer-models: one copy, imported by both builds when asked for.
  external: [/^\.\.\/data\//],
  removeNodeProtocol: false,
  // Jest runs CommonJS where import() fails. fer-wasm asks for nothing but its own files by it.
  esbuildOptions(options, { format }) {
    if (format === 'cjs' && name === 'fer-wasm') options.supported = { 'dynamic-import': false };
  },
  // Entries share what they have in common, so that there is one FerError class whichever of them a program imports.
  splitting: true,
  treeshake: true,
  clean: true,
  silent: true,
});
