import { checkMethods } from './arguments.js';
import { sha256 } from './digest.js';
import { FerError } from './errors.js';
import { type Folder, isFileName, MANIFEST } from './folder.js';
import { checkJson, type JsonObject } from './json.js';
import { checkOptions } from './options.js';
import type { RunOptions } from './progress.js';

/** How a classifier was made. It is saved with it, so that its figures can be checked. */
export interface Provenance {
  /** {@link datasetDigest} of what it was trained on. */
  readonly dataDigest?: string | undefined;
  readonly seed?: number | undefined;
  /** The training options, as given. */
  readonly options?: JsonObject | undefined;
  /** Measured figures, each with the data it was measured on. */
  readonly metrics?: JsonObject | undefined;
  /** Anything else worth knowing: command, machine, duration. */
  readonly notes?: JsonObject | undefined;
}

/** The content of `classifier.json`. */
export interface Manifest {
  readonly format: 'fer-classifier';
  readonly version: 1;
  readonly kind: string;
  readonly classes: readonly string[];
  readonly config: JsonObject;
  readonly provenance: Provenance;
  /** Size and checksum of every other file. */
  readonly files: { readonly [name: string]: { readonly bytes: number; readonly sha256: string } };
  /** SHA-256 of this object without this field, as `JSON.stringify` writes it. */
  readonly digest: string;
}

/**
 * The manifest with its digest, as text.
 *
 * @throws FerError `INVALID_ARGUMENT` as {@link checkJson}.
 */
export async function sealManifest(unsigned: Omit<Manifest, 'digest'>): Promise<string> {
  const { kind, classes, config, provenance } = unsigned;
  for (const [name, value] of Object.entries({ kind, classes, config, provenance })) checkJson(name, value);
  const digest = await sha256(encode(JSON.stringify(unsigned)));
  return JSON.stringify({ ...unsigned, digest }, null, 2);
}

/**
 * Reads `classifier.json` without the weights. The file's own digest is checked.
 *
 * @example
 * ```ts
 * const { kind, classes, provenance } = await readManifest(await pretrainedFolder('compact-vgg/softmax'));
 * console.log(classes, provenance.metrics);
 * ```
 */
export async function readManifest(folder: Folder, options: Pick<RunOptions, 'signal'> = {}): Promise<Manifest> {
  checkMethods('the folder', folder, ['read'], 'give one such as diskFolder(path) or urlFolder(address) returns');
  checkOptions('readManifest', options, ['signal']);
  const { signal } = options;
  signal?.throwIfAborted();
  const file = `${folder.location}/${MANIFEST}`;
  const bytes = await folder.read(MANIFEST, signal);
  let manifest: Manifest;
  try {
    manifest = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FerError('CORRUPT', 'not valid JSON: save the classifier again.', { file }, { cause });
  }
  if (manifest?.format !== 'fer-classifier') {
    throw new FerError('CORRUPT', 'not a fer classifier: its "format" should be "fer-classifier".', { file });
  }
  if (manifest.version !== 1) {
    throw new FerError('UNSUPPORTED', `format version ${manifest.version}: this build reads version 1. Update fer.`, {
      file,
    });
  }
  const { digest, ...unsigned } = manifest;
  if (digest !== (await sha256(encode(JSON.stringify(unsigned))))) {
    throw new FerError('CORRUPT', 'it was changed after it was saved: its digest differs. Fetch or save it again.', {
      file,
    });
  }
  if (!isManifest(manifest)) {
    throw new FerError('CORRUPT', 'its fields are not those of version 1: save the classifier again.', { file });
  }
  return manifest;
}

function isManifest({ kind, classes, config, provenance, files }: Manifest): boolean {
  return (
    isPart({ kind, config }) &&
    Array.isArray(classes) &&
    classes.every((name) => typeof name === 'string') &&
    isObject(provenance) &&
    isObject(files) &&
    Object.entries(files).every(
      ([name, file]) => isFileName(name) && name !== MANIFEST && isObject(file) && Number.isInteger(file.bytes),
    )
  );
}

/** Whether a value describes a part: its kind and its config. */
export function isPart(value: unknown): value is Pick<Manifest, 'kind' | 'config'> {
  return isObject(value) && typeof value.kind === 'string' && isObject(value.config);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
