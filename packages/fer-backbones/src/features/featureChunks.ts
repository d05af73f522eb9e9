import {
  checkMethods,
  type FeatureMatrix,
  FerError,
  type FileStore,
  isFerError,
  type Labels,
  sameClasses,
} from 'fer-core';
import { BodyReader, seal, unseal } from './sealedFile.js';

/** Features of consecutive images, with their labels. */
export interface FeatureChunk {
  /** Index of its first row among all chunks, from 0. */
  readonly first: number;
  readonly features: FeatureMatrix;
  readonly labels: Labels;
}

/** The properties that all chunks of one extraction share. */
export interface ChunkForm {
  readonly columns: number;
  readonly classes: readonly string[];
  /** Whether there are soft labels as well. */
  readonly soft: boolean;
  /** A digest of the backbone that computed them. */
  readonly backbone: string;
}

/** A chunk as it is stored. */
export interface StoredChunk extends FeatureChunk {
  readonly form: ChunkForm;
  /** SHA-256 of the images that it was computed from. */
  readonly images: string;
}

/**
 * Checks that a value is a store of files.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkStore(store: FileStore): void {
  checkMethods('the store', store, ['list', 'read', 'write'], "give one such as fer-core/node's diskStore(path)");
}

/** Returns the file name of the chunk that starts at a row. */
export function chunkName(first: number): string {
  return `features-${String(first).padStart(10, '0')}.bin`;
}

/** Returns the first rows of all chunks in a store, in order. */
export async function chunkStarts(store: FileStore): Promise<number[]> {
  const names = await store.list();
  const starts = names.flatMap((name) => /^features-(\d{10})\.bin$/.exec(name)?.slice(1).map(Number) ?? []);
  return starts.sort((a, b) => a - b);
}

/** Writes a chunk as a sealed file: features, soft labels if there are any, labels. */
export async function writeChunk(
  store: FileStore,
  { form, first, features, labels, images }: StoredChunk,
): Promise<void> {
  const { columns, classes, soft, backbone } = form;
  const header = {
    format: FORMAT,
    columns,
    classes: [...classes],
    soft,
    backbone,
    first,
    rows: features.rows,
    images,
  };
  const softLabels = soft ? [labels.soft!] : [];
  await store.write(chunkName(first), await seal(header, [features.data, ...softLabels, labels.labels]));
}

/**
 * The inverse of {@link writeChunk}.
 *
 * @throws FerError `CORRUPT` if the bytes have changed since they were written.
 */
export async function readChunk(store: FileStore, first: number): Promise<StoredChunk> {
  const file = `${store.location}/${chunkName(first)}`;
  const bytes = await store.read(chunkName(first));
  try {
    const { header, body } = await unseal(bytes);
    const { format, rows, columns, classes, soft, backbone, images } = header as unknown as ChunkForm & {
      readonly format: number;
      readonly rows: number;
      readonly images: string;
    };
    if (format !== FORMAT) {
      throw new FerError('UNSUPPORTED', `it has format ${format}, this version reads ${FORMAT}: extract again.`, {
        file,
      });
    }
    if (header.first !== first) throw new FerError('CORRUPT', `it is the chunk of row ${header.first}.`);
    const reader = new BodyReader(body);
    const data = reader.floats(rows * columns);
    const distributions = soft ? reader.floats(rows * classes.length) : undefined;
    const labels: Labels = { labels: reader.bytes(rows), classes, ...(distributions && { soft: distributions }) };
    reader.end();
    return { first, features: { data, rows, columns }, labels, form: { columns, classes, soft, backbone }, images };
  } catch (cause) {
    if (isFerError(cause) && cause.code !== 'CORRUPT') throw cause;
    throw new FerError('CORRUPT', 'a chunk of features is damaged: remove it, and extract again.', { file }, { cause });
  }
}

/**
 * Describes how a chunk's form differs from the expected one. Returns `undefined` if it doesn't.
 *
 * @param what - The beginning of the message, e.g. "the store holds".
 */
export function formDifference(what: string, found: ChunkForm, expected: ChunkForm): string | undefined {
  if (found.backbone !== expected.backbone) return `${what} features of another backbone`;
  if (found.columns !== expected.columns) return `${what} ${found.columns} features per image, not ${expected.columns}`;
  if (!sameClasses(found.classes, expected.classes)) {
    return `${what} labels of [${found.classes.join(', ')}], not [${expected.classes.join(', ')}]`;
  }
  if (found.soft !== expected.soft) return `${what} ${found.soft ? 'soft' : 'hard'} labels, not the other kind`;
  return undefined;
}

const FORMAT = 2;
