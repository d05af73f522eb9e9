import { backbones } from 'fer-backbones';
import { type Classifier, type Folder, type Images, loadClassifier, readManifest, sha256 } from 'fer-core';
import { heads } from 'fer-heads';
import { modelFolder } from '../../shared/modelFolder.js';
import type { Place, Store } from '../stores/store.js';

const MANIFEST = 'classifier.json';

/**
 * Copies a shipped or saved classifier into a store, so that workers need no other input.
 *
 * @returns Its id: the SHA-256 of its manifest, which contains the digests of all its files.
 */
export async function storeModel(store: Store, nameOrPath: string): Promise<string> {
  const source = await modelFolder(nameOrPath);
  const { files } = await readManifest(source);
  const manifest = await source.read(MANIFEST);
  const id = await sha256(manifest);
  const target = store.folder(`models/${id}`);
  if (await target.has(MANIFEST)) return id;
  for (const file of Object.keys(files)) {
    const { folder, name } = placeOf(file);
    await (folder ? target.folder(folder) : target).write(name, await source.read(file));
  }
  await target.write(MANIFEST, manifest); // once all others are there
  return id;
}

/** The classifier that this thread loaded last; the next part usually needs the same one. */
let last: { readonly id: string; readonly classifier: Promise<Classifier<Images>> } | undefined;

/** Loads a classifier from a store. It is cached until another one is loaded. */
export async function loadModel(store: Store, id: string): Promise<Classifier<Images>> {
  if (last?.id !== id) {
    const before = last;
    last = undefined;
    await before?.classifier.then(
      (classifier) => classifier.dispose(),
      () => undefined,
    );
    last = { id, classifier: loadClassifier(storedFolder(store, id), { backbones, heads }) };
  }
  try {
    return await last.classifier;
  } catch (error) {
    last = undefined;
    throw error;
  }
}

function storedFolder(store: Store, id: string): Folder {
  const inner = store.folder(`models/${id}`);
  return {
    location: inner.location,
    read(file) {
      const { folder, name } = placeOf(file);
      return (folder ? inner.folder(folder) : inner).read(name);
    },
  };
}

function placeOf(file: string): Place {
  const at = file.lastIndexOf('/');
  return { folder: file.slice(0, Math.max(0, at)), name: file.slice(at + 1) };
}
