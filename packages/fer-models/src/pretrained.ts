import { backbones } from 'fer-backbones';
import { FerError, type Folder, isPiped, loadClassifier, type PipedClassifier, type RunOptions } from 'fer-core';
import { heads } from 'fer-heads';

/** Each backbone's files, imported when asked for: a bundle holds apart what a page may never load. */
const DATA = {
  'compact-vgg': () => import('../data/compact-vgg.js'),
  'compact-vgg-svm': () => import('../data/compact-vgg-svm.js'),
  'shallow-cnn': () => import('../data/shallow-cnn.js'),
};

/** The names of all shipped classifiers: backbone/head. */
export const pretrainedNames = [
  'compact-vgg/l2svm',
  'compact-vgg/softmax',
  'compact-vgg-svm/end-to-end',
  'compact-vgg-svm/l2svm',
  'shallow-cnn/l2svm',
  'shallow-cnn/softmax',
] as const;

/** One of {@link pretrainedNames}. */
export type PretrainedName = (typeof pretrainedNames)[number];

/**
 * A shipped classifier, with its backbone. It runs on whichever tfjs backend is set: `useWasm()` of fer-wasm makes that
 * a fast one.
 *
 * @param name - E.g. `'compact-vgg/l2svm'`.
 * @param options - A signal is looked at once the files are there: an import can't be stopped.
 * @returns It is yours: `dispose()` it when done.
 * @throws FerError `NOT_FOUND` for an unknown name.
 *
 * @example
 * ```ts
 * await useWasm();
 * const classifier = await loadPretrained('compact-vgg/l2svm');
 * const [label] = await classifier.predict(face);
 * console.log(classifier.classes[label]);
 * ```
 */
export async function loadPretrained(name: PretrainedName, options: RunOptions = {}): Promise<PipedClassifier> {
  const folder = await pretrainedFolder(name);
  const classifier = await loadClassifier(folder, { backbones, heads }, options);
  if (isPiped(classifier)) return classifier;
  throw new FerError('CORRUPT', 'it is no backbone with a head: install the package again.', { file: folder.location });
}

/**
 * The files of a shipped classifier, for `loadClassifier` with loaders of one's own, or for `readManifest`, whose
 * `provenance` says how it was trained and what was measured.
 *
 * @throws FerError `NOT_FOUND` for an unknown name.
 */
export async function pretrainedFolder(name: PretrainedName): Promise<Folder> {
  const [backbone, head] = name.split('/') as [keyof typeof DATA, string];
  if (!pretrainedNames.includes(name)) {
    throw new FerError('NOT_FOUND', `no classifier "${name}" is shipped: choose of ${pretrainedNames.join(', ')}.`);
  }
  const { default: files } = await DATA[backbone]();
  return {
    location: `fer-models/${name}`,
    async read(file) {
      // The heads of a backbone share its files.
      const text = files[`${head}/${file}`] ?? files[`backbone/${file}`];
      if (text === undefined) throw new FerError('NOT_FOUND', `${name} has no such file.`, { file });
      return fromBase64(text);
    },
  };
}

function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
