/** Maps the packages' published names to their sources, as the compiler's `paths` do. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const { compilerOptions } = JSON.parse(readFileSync(new URL('tsconfig.json', root), 'utf8'));

/** For `resolve.alias` of Vite and Vitest. */
export const sources = Object.entries(compilerOptions.paths as Record<string, string[]>).map(([name, [file]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(file, root)),
}));
