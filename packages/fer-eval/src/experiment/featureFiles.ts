import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesToFloat32, type FeatureMatrix, FerError, float32ToBytes, isFerError, sha256 } from 'fer-core';
import { diskFolder } from 'fer-core/node';

/** The features of one backbone and seed. */
export interface StoredFeatures {
  readonly splits: { readonly [split: string]: FeatureMatrix };
  /** How long they took to compute. */
  readonly seconds: { readonly backbone: number; readonly features: number };
}

interface FeatureIndex {
  readonly seconds: StoredFeatures['seconds'];
  readonly splits: { readonly [split: string]: { rows: number; columns: number; sha256: string } };
}

const INDEX = 'features.json';

/**
 * Writes features atomically: `features.json` with shapes and checksums, and one file of float32 numbers per split.
 *
 * fer-backbones also has chunked feature files (`extractFeatures`), for sets larger than memory. This package must not
 * depend on fer-backbones, and an experiment holds every split in memory as a whole.
 *
 * @returns The folder.
 */
export async function writeFeatureFiles(
  folder: string,
  key: string,
  { splits, seconds }: StoredFeatures,
): Promise<string> {
  const files = new Map<string, Uint8Array>();
  const index: Record<string, FeatureIndex['splits'][string]> = {};
  for (const [split, { data, rows, columns }] of Object.entries(splits)) {
    const bytes = float32ToBytes(data);
    files.set(`${split}.f32`, bytes);
    index[split] = { rows, columns, sha256: await sha256(bytes) };
  }
  files.set(INDEX, new TextEncoder().encode(JSON.stringify({ seconds, splits: index } satisfies FeatureIndex)));
  const place = featureFolder(folder, key);
  await diskFolder(place).write!(files);
  return place;
}

/** Returns the folder with the features of a key. */
export function featureFolder(folder: string, key: string): string {
  return join(folder, 'features', key);
}

/**
 * Reads features.
 *
 * @returns `undefined` if there are none.
 * @throws FerError `CORRUPT` if the files have changed since they were written.
 */
export async function readFeatureFiles(folder: string, key: string): Promise<StoredFeatures | undefined> {
  const place = diskFolder(featureFolder(folder, key));
  const read = (name: string) =>
    place.read(name).catch((error) => {
      if (isFerError(error, 'NOT_FOUND')) return undefined;
      throw error;
    });
  const text = await read(INDEX);
  if (!text) return undefined;
  const damaged = (name: string, cause?: unknown): FerError =>
    new FerError('CORRUPT', 'it is not what was written.', { file: join(place.location, name) }, { cause });
  const splits: Record<string, FeatureMatrix> = {};
  let name = INDEX;
  try {
    const index = JSON.parse(new TextDecoder().decode(text)) as FeatureIndex;
    for (const [split, { rows, columns, sha256: expected }] of Object.entries(index.splits)) {
      name = `${split}.f32`;
      const bytes = await read(name);
      if (!bytes || (await sha256(bytes)) !== expected) throw damaged(name);
      splits[split] = { data: bytesToFloat32(bytes, rows * columns), rows, columns };
    }
    return { splits, seconds: { backbone: index.seconds.backbone, features: index.seconds.features } };
  } catch (error) {
    if (isFerError(error, 'CORRUPT') || isFerError(error, 'IO')) throw error;
    throw damaged(name, error);
  }
}

/** Removes unfinished files of a run that was killed. They may be large, and are never read. */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const kind of ['features', 'cells']) {
    const names = await readdir(join(folder, kind)).catch(() => []);
    for (const name of names.filter((found) => /\.[0-9a-f]{12}\.tmp$/.test(found))) {
      await rm(join(folder, kind, name), { recursive: true, force: true });
    }
  }
}
