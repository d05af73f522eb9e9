import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

/** The folder of an npm package, independent of its exports; undefined if it isn't installed. */
export function findPackage(name: string): string | undefined {
  return (require.resolve.paths(name) ?? []).map((folder) => join(folder, name)).find(existsSync);
}
