import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ioError } from 'fer-core/node';

/** What results depend on besides the inputs. All workers must have the same versions. */
export interface Versions {
  /** SHA-256 of the sources of all fer packages and of the tasks. */
  readonly code: string;
  /** The major version of Node: other engines may differ in the last bit of e.g. a sine. */
  readonly node: string;
  /** The processor's architecture. */
  readonly arch: string;
  /** The version of sharp, which decodes pictures. */
  readonly sharp: string;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The versions of this installation. */
export async function ownVersions(): Promise<Versions> {
  const packages = (await readdir(join(ROOT, 'packages'))).sort();
  const folders = [
    ...packages.map((name) => join('packages', name, 'src')),
    ...['experiment', 'features', 'labels', 'inputs'].map((name) => join('examples/cluster', name)),
  ];
  const hash = createHash('sha256');
  for (const folder of folders) {
    const names = await readdir(join(ROOT, folder), { recursive: true }).catch((cause) => {
      if (ioError(cause, folder).code === 'NOT_FOUND') return [];
      throw ioError(cause, folder);
    });
    for (const name of names.filter((file) => /\.(ts|mjs|js|wasm)$/.test(file)).sort()) {
      const file = createHash('sha256').update(await readFile(join(ROOT, folder, name)));
      hash.update(`${folder}/${name} ${file.digest('hex')}\n`);
    }
  }
  const { versions } = (await import('sharp')).default;
  return {
    code: hash.digest('hex'),
    node: process.version.replace(/\..*/, ''),
    arch: process.arch,
    sharp: versions.sharp ?? versions.vips,
  };
}

/** Describes how two installations differ; empty if they are the same. */
export function versionDifference(own: Versions, other: Versions): string {
  const names = ['code', 'node', 'arch', 'sharp'] as const;
  return names
    .filter((name) => own[name] !== other[name])
    .map((name) => `${name} ${own[name].slice(0, 12)} here, ${other[name].slice(0, 12)} there`)
    .join('; ');
}
