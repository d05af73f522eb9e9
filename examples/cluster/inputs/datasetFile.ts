import { checkDataset, type Dataset, FerError, sha256 } from 'fer-core';
import type { Store } from '../stores/store.js';

const FOLDER = 'inputs';

interface Header {
  readonly n: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly classes: readonly string[];
}

/**
 * Writes labelled faces into a store, so that workers need no other input: a line of JSON with the sizes and the
 * classes, the pixels, the labels. The file is named after its SHA-256. An existing file is not written again.
 *
 * @returns The file's name.
 * @throws FerError `UNSUPPORTED` for soft labels.
 */
export async function writeDataset(store: Store, dataset: Dataset): Promise<string> {
  const { n, height, width, channels, classes, images, labels, soft } = checkDataset(dataset);
  if (soft) throw new FerError('UNSUPPORTED', 'the faces have soft labels: draw hard ones first (drawLabels).');
  const header = new TextEncoder().encode(
    `${JSON.stringify({ n, height, width, channels, classes } satisfies Header)}\n`,
  );
  const bytes = new Uint8Array(header.length + images.length + labels.length);
  bytes.set(header);
  bytes.set(images, header.length);
  bytes.set(labels, header.length + images.length);
  return writeByDigest(store, bytes);
}

/**
 * Reads labelled faces from a store.
 *
 * @throws FerError `NOT_FOUND`, `IO`, or `CORRUPT` if the file has changed since it was written.
 */
export async function readDataset(store: Store, name: string): Promise<Dataset> {
  const bytes = await readByDigest(store, name);
  const end = bytes.indexOf(0x0a) + 1;
  const { n, height, width, channels, classes } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(0, end)),
  ) as Header;
  const size = n * height * width * channels;
  const images = bytes.subarray(end, end + size);
  return checkDataset({ images, labels: bytes.subarray(end + size), n, height, width, channels, classes });
}

/** Writes an input under its SHA-256, unless it exists. */
export async function writeByDigest(store: Store, bytes: Uint8Array): Promise<string> {
  const name = await sha256(bytes);
  const inputs = store.folder(FOLDER);
  if (!(await inputs.has(name))) await inputs.write(name, bytes);
  return name;
}

/** Reads an input, and verifies its checksum. */
export async function readByDigest(store: Store, name: string): Promise<Uint8Array> {
  const bytes = await store.folder(FOLDER).read(name);
  if ((await sha256(bytes)) === name) return bytes;
  throw new FerError('CORRUPT', 'the file has changed since it was written: remove it, and enqueue the job again.', {
    file: `${store.location}/${FOLDER}/${name}`,
  });
}
