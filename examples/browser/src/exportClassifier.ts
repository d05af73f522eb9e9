import { backbones } from 'fer-backbones';
import {
  type Folder,
  loadClassifier,
  memoryFolder,
  type PipedClassifier,
  type Provenance,
  saveClassifier,
} from 'fer-core';
import { heads } from 'fer-heads';
import { unzipSync, zipSync } from 'fflate';

/** Size limit for zip files that are opened, in bytes: an exported classifier has 2 to 3 million. */
const LARGEST = 100_000_000;

/**
 * Packs a classifier into one file: the folder that `saveClassifier` writes, zipped. Once unzipped,
 * `loadClassifier(diskFolder('…'), { backbones, heads })` loads it in Node.
 */
export async function zipClassifier(
  classifier: PipedClassifier,
  provenance: Provenance,
): Promise<Uint8Array<ArrayBuffer>> {
  let zip = new Uint8Array();
  const folder: Folder = {
    location: 'zip',
    read: () => Promise.reject(new Error('This folder is write-only.')),
    async write(files) {
      zip = zipSync(Object.fromEntries(files), { level: 0 });
    },
  };
  await saveClassifier(classifier, folder, provenance);
  return zip;
}

/**
 * Loads a classifier that {@link zipClassifier} wrote. The files may be inside a folder in the zip.
 *
 * @throws Error whose message says what is wrong with the file.
 */
export async function unzipClassifier(file: File): Promise<PipedClassifier> {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new Error(`${file.name} is not a classifier that this page exported: ${reason}`, { cause });
  };
  if (file.size > LARGEST) refuse('it is too large.');
  try {
    const files = Object.entries(unzipSync(new Uint8Array(await file.arrayBuffer())));
    const manifest = files.map(([name]) => name).find((name) => /(^|\/)classifier\.json$/.test(name));
    const root = manifest?.slice(0, -'classifier.json'.length);
    if (root === undefined) return refuse('there is no classifier.json in it.');
    const inside = files.filter(([name]) => name.startsWith(root) && !name.endsWith('/'));
    const folder = memoryFolder(inside.map(([name, bytes]) => [name.slice(root.length), bytes]));
    const classifier = await loadClassifier(folder, { backbones, heads });
    if ('backbone' in classifier) return classifier as PipedClassifier;
    classifier.dispose();
    return refuse('it holds several classifiers.');
  } catch (error) {
    const { message } = error as Error;
    return message.startsWith(file.name) ? Promise.reject(error) : refuse(message, error);
  }
}

/** Downloads a file in the browser. */
export function download(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/zip' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
