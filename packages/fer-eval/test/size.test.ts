import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What a page that says so would load: bytes, compressed, and the files in it. */
async function bundle(contents: string) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    ...{ bundle: true, minify: true, write: false, format: 'esm', platform: 'browser', metafile: true },
    tsconfig: `${root}tsconfig.json`,
  });
  return { bytes: gzipSync(outputFiles[0].contents).length, files: Object.keys(metafile.inputs) };
}

describe('what a page loads', () => {
  it('is under 30 kB without the pictures, and takes nothing of anyone else', async () => {
    const { bytes, files } = await bundle("export * from 'fer-eval';");
    expect(bytes).toBeLessThan(30_000);
    expect(files.filter((file) => file.includes('node_modules'))).toEqual([]);
  });

  it('is next to nothing for one metric', async () => {
    expect((await bundle("export { accuracy } from 'fer-eval';")).bytes).toBeLessThan(1_000);
  });
});
