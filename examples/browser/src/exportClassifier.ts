import { type Folder, type PipedClassifier, type Provenance, saveClassifier } from 'fer-core';
import { zipSync } from 'fflate';

/**
 * A saved classifier as one file: the folder that `saveClassifier` writes, zipped. Unzipped, it is what Node's
 * `loadClassifier(diskFolder('…'), { backbones, heads })` reads.
 */
export async function zipClassifier(
  classifier: PipedClassifier,
  provenance: Provenance,
): Promise<Uint8Array<ArrayBuffer>> {
  let zip = new Uint8Array();
  const folder: Folder = {
    location: 'zip',
    read: () => Promise.reject(new Error('This folder can only be written.')),
    async write(files) {
      zip = zipSync(Object.fromEntries(files), { level: 0 });
    },
  };
  await saveClassifier(classifier, folder, provenance);
  return zip;
}

/** Hands a file to the browser's downloads. */
export function download(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/zip' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
