import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Root of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** The packages that have sources: folder and package.json of each. */
export function packages() {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .filter((folder) => {
      const built = existsSync(join(folder, 'src/index.ts'));
      if (!built) console.log(`${folder.slice(root.length)}: skipped, because it has no src/index.ts`);
      return built;
    })
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }));
}

/** Packs a package as `npm publish` would. Returns npm's description of the tarball and its path. */
export async function pack(folder, destination) {
  if (!existsSync(join(folder, 'dist'))) throw new Error(`${folder} is not built: run npm run build`);
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', destination], { cwd: folder });
  const [account] = JSON.parse(stdout);
  return { ...account, tarball: join(destination, account.filename) };
}
