import { backbones } from 'fer-backbones';
import {
  type Classifier,
  checkOptions,
  describeValue,
  type FeatureMatrix,
  FerError,
  type Folder,
  type Images,
  loadClassifier,
  type PipedClassifier,
  RUN_OPTIONS,
  type RunOptions,
} from 'fer-core';
import { type Ensemble, heads } from 'fer-heads';

/** The files of each shipped folder. Each is imported only when needed, so that a bundle loads only what it uses. */
const DATA = {
  'compact-vgg': () => import('../data/compact-vgg.js'),
  'compact-vgg-b': () => import('../data/compact-vgg-b.js'),
  'compact-vgg-dense': () => import('../data/compact-vgg-dense.js'),
  'compact-vgg-ensemble': () => import('../data/compact-vgg-ensemble.js'),
  'shallow-cnn': () => import('../data/shallow-cnn.js'),
  'tiny-vgg': () => import('../data/tiny-vgg.js'),
};

type FolderName = keyof typeof DATA;

/** The folders of an ensemble's members, in the order of the members. Their backbones are shared. */
const MEMBERS: Partial<Record<FolderName, readonly FolderName[]>> = {
  'compact-vgg-ensemble': ['compact-vgg', 'compact-vgg-b', 'compact-vgg-dense'],
};

/**
 * The names of all shipped classifiers: network/head. The first is the recommended default.
 *
 * @example
 * ```ts
 * for (const name of pretrainedNames) {
 *   const { provenance } = await readManifest(await pretrainedFolder(name));
 *   console.log(name, provenance.metrics);
 * }
 * ```
 */
export const pretrainedNames = [
  'compact-vgg/softmax',
  'compact-vgg/l2svm',
  'compact-vgg-ensemble/softmax',
  'compact-vgg-b/softmax',
  'compact-vgg-dense/softmax',
  'tiny-vgg/softmax',
  'shallow-cnn/l2svm',
  'shallow-cnn/softmax',
] as const;

/** One of {@link pretrainedNames}. */
export type PretrainedName = (typeof pretrainedNames)[number];

/** The members that every shipped classifier has besides those of a `Classifier`. */
export interface WithProbabilities {
  /** n × 7 calibrated probabilities, rows summing to 1. */
  predictProba(x: Images, options?: RunOptions): Promise<FeatureMatrix>;
}

/**
 * The type that {@link loadPretrained} returns for a name: a backbone with a head, or, for the name of an ensemble, an
 * `Ensemble` of such classifiers.
 */
export type Pretrained<N extends PretrainedName = PretrainedName> = N extends `${string}-ensemble/${string}`
  ? Ensemble<Images> & WithProbabilities
  : PipedClassifier & WithProbabilities;

/**
 * Loads a shipped classifier with its backbone. It runs on the current tfjs backend; `await useWasm()` of fer-wasm sets
 * a fast one.
 *
 * @param name - E.g. `'compact-vgg/softmax'`.
 * @param options - `signal` is checked after the files are imported, because an import can't be aborted.
 * @returns A classifier of grey 48×48 images. The caller owns it: call `dispose()` when done.
 * @throws FerError `NOT_FOUND` for an unknown name; `UNSUPPORTED` if no tfjs backend is running.
 *
 * @example
 * ```ts
 * await useWasm();
 * const classifier = await loadPretrained('compact-vgg/softmax');
 * for (const label of await classifier.predict(faces)) console.log(classifier.classes[label]);
 * ```
 */
export async function loadPretrained<N extends PretrainedName>(
  name: N,
  options: RunOptions = {},
): Promise<Pretrained<N>> {
  checkOptions('loadPretrained', options, RUN_OPTIONS);
  options.signal?.throwIfAborted();
  const folder = await pretrainedFolder(name);
  const classifier: Classifier<Images> = await loadClassifier(folder, { backbones, heads }, options);
  return classifier as Pretrained<N>;
}

/**
 * Returns the files of a shipped classifier, for `loadClassifier` with other loaders, or for `readManifest`, whose
 * `provenance` describes how the classifier was trained and its measured accuracy.
 *
 * @throws FerError `NOT_FOUND` for an unknown name.
 *
 * @example
 * ```ts
 * const { provenance } = await readManifest(await pretrainedFolder('compact-vgg/softmax'));
 * console.log(provenance.metrics);
 * ```
 */
export async function pretrainedFolder(name: PretrainedName): Promise<Folder> {
  if (!pretrainedNames.includes(name)) {
    throw new FerError(
      'NOT_FOUND',
      `there is no shipped classifier ${describeValue(name)}: use one of ${pretrainedNames.join(', ')}.`,
    );
  }
  const [network, head] = name.split('/') as [FolderName, string];
  const { default: files } = await DATA[network]();
  return {
    location: `fer-models/${name}`,
    async read(file) {
      // The heads of a network share its files, as do the ensembles that contain it.
      const text = files[`${head}/${file}`] ?? files[`backbone/${file}`] ?? (await memberFile(network, file));
      if (text === undefined) throw new FerError('NOT_FOUND', `${name} has no such file.`, { file });
      return fromBase64(text);
    },
  };
}

/** `member-2/weights.bin` of an ensemble is stored as `backbone/weights.bin` of its second member. */
async function memberFile(network: FolderName, file: string): Promise<string | undefined> {
  const [, number, rest] = /^member-(\d+)\/(.+)$/.exec(file) ?? [];
  const member = MEMBERS[network]?.[Number(number) - 1];
  return member && (await DATA[member]()).default[`backbone/${rest}`];
}

function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
