import { checkArray, checkMethods } from './arguments.js';
import type { Classifier, FeatureExtractor, Head } from './classifier.js';
import type { Images } from './data/images.js';
import { sameClasses } from './data/labels.js';
import { sha256 } from './digest.js';
import { describeValue, FerError, isFerError } from './errors.js';
import { type Folder, isFileName, MANIFEST } from './folder.js';
import { type Manifest, type Provenance, readManifest, sealManifest } from './manifest.js';
import { checkOptions, RUN_OPTIONS } from './options.js';
import { innerPart, type PartLoader, type SavedPart } from './part.js';
import { pipe } from './pipe.js';
import type { RunOptions } from './progress.js';

/** Reads back classifiers of one kind that contain other classifiers: heads or any others. */
export interface CompositeLoader {
  readonly kind: string;
  /**
   * @param loadMember - Reads back one of the classifiers inside; {@link innerPart} finds it.
   * @throws FerError `CORRUPT` if the part breaks its format.
   */
  compose<In>(part: SavedPart, loadMember: (member: SavedPart) => Promise<Classifier<In>>): Promise<Classifier<In>>;
}

/** Reads back heads of one kind, or classifiers made of heads. */
export type HeadLoader = PartLoader<Head> | CompositeLoader;

/** The kinds that {@link loadClassifier} can read. Packages export theirs as `backbones` and `heads`. */
export interface Loaders {
  readonly backbones: readonly PartLoader<FeatureExtractor<Images>>[];
  readonly heads: readonly HeadLoader[];
}

/**
 * Writes a classifier atomically: `classifier.json` (format version, classes, preprocessing, head, provenance,
 * checksums) and the files of its parts. The `model.json` of a piped classifier's backbone loads in plain tfjs-layers.
 *
 * @throws FerError `UNSUPPORTED` if the folder is read-only, `NOT_FITTED` if there is nothing to save,
 *   `INVALID_ARGUMENT` if the options, metrics or file names could not be read back as they are.
 *
 * @example
 * ```ts
 * await saveClassifier(classifier, diskFolder('svm'), {
 *   seed: 1,
 *   metrics: { publicTest: { accuracy: evaluation.accuracy } },
 * });
 * ```
 */
export async function saveClassifier<In>(
  classifier: Classifier<In>,
  folder: Folder,
  provenance: Provenance = {},
): Promise<void> {
  checkMethods('the classifier', classifier, ['serialize'], 'give one such as pipe(backbone, head) returns');
  checkMethods('the folder', folder, ['read'], 'give one such as diskFolder(path) returns');
  checkOptions('saveClassifier', provenance, ['dataDigest', 'seed', 'options', 'metrics', 'notes']);
  if (!folder.write) throw new FerError('UNSUPPORTED', 'this folder can only be read.', { file: folder.location });
  const { kind, config, files } = await classifier.serialize();
  for (const name of files.keys()) {
    if (isFileName(name) && name !== MANIFEST) continue;
    throw new FerError('INVALID_ARGUMENT', 'a saved part may not use this file name: rename it.', { file: name });
  }
  const entries = await Promise.all(
    [...files].map(async ([name, bytes]) => [name, { bytes: bytes.length, sha256: await sha256(bytes) }] as const),
  );
  const unsigned: Omit<Manifest, 'digest'> = {
    format: 'fer-classifier',
    version: 1,
    kind,
    classes: [...classifier.classes],
    config,
    provenance,
    files: Object.fromEntries(entries),
  };
  const manifest = new TextEncoder().encode(await sealManifest(unsigned));
  await folder.write(new Map([...files, [MANIFEST, manifest]]));
}

/**
 * Reads back a classifier over images: a piped {@link Classifier}, or one made of several. Every file is checked
 * before any is used.
 *
 * @param loaders - The kinds to know: `{ backbones, heads }` as `fer-backbones` and `fer-heads` export them, with
 *   your own added.
 * @throws FerError `NOT_FOUND` if there is none, `CORRUPT` if a byte differs from what was saved, `UNSUPPORTED`
 *   if the format or a kind is unknown.
 *
 * @example
 * ```ts
 * const classifier = await loadClassifier(diskFolder('svm'), { backbones, heads });
 * for (const label of await classifier.predict(faces)) console.log(classifier.classes[label]);
 * ```
 */
export async function loadClassifier(
  folder: Folder,
  loaders: Loaders,
  options: RunOptions = {},
): Promise<Classifier<Images>> {
  checkOptions('loadClassifier', options, RUN_OPTIONS);
  checkLoaders('backbones', loaders?.backbones);
  checkLoaders('heads', loaders?.heads);
  const { manifest, files } = await readVerified(folder, options);
  const part = { kind: manifest.kind, config: manifest.config, files };
  return disposingOnError(async (loaded) => {
    const classifier = await loadOverImages(part, loaders, folder, loaded);
    checkClasses(classifier, manifest, folder);
    return classifier;
  });
}

/**
 * Reads back a head that was saved without a backbone. See {@link loadClassifier}.
 *
 * @example
 * ```ts
 * await saveClassifier(svm, diskFolder('head'));
 * const head = await loadHead(diskFolder('head'), heads);
 * const predicted = await head.predict(testFeatures);
 * ```
 */
export async function loadHead(folder: Folder, heads: readonly HeadLoader[], options: RunOptions = {}): Promise<Head> {
  checkOptions('loadHead', options, RUN_OPTIONS);
  checkLoaders('heads', heads);
  const { manifest, files } = await readVerified(folder, options);
  const part = { kind: manifest.kind, config: manifest.config, files };
  return disposingOnError(async (loaded) => {
    const head = await loadOverFeatures(part, heads, folder, loaded);
    checkClasses(head, manifest, folder);
    return head;
  });
}

function checkLoaders(name: string, loaders: unknown): void {
  checkArray(`the loaders of ${name}`, loaders);
  for (const loader of Array.from(loaders as ArrayLike<unknown>)) {
    if (typeof loader === 'object' && loader !== null && 'kind' in loader) continue;
    throw new FerError(
      'INVALID_ARGUMENT',
      `one of the loaders of ${name} is ${describeValue(loader)}: give objects such as linearL2SVMLoader.`,
    );
  }
}

/** An object that a load has made so far. */
type Loaded = { dispose(): void }[];

/** If a load fails, everything it has made so far is disposed, since its tensors would leak. */
async function disposingOnError<T>(load: (loaded: Loaded) => Promise<T>): Promise<T> {
  const loaded: Loaded = [];
  try {
    return await load(loaded);
  } catch (error) {
    for (const part of loaded) part.dispose();
    throw error;
  }
}

async function loadOverImages(
  part: SavedPart,
  loaders: Loaders,
  folder: Folder,
  loaded: Loaded,
): Promise<Classifier<Images>> {
  if (part.kind === 'pipe') {
    const above = await loadOverFeatures(innerPart(part, part.config.head, 'head'), loaders.heads, folder, loaded);
    const inner = innerPart(part, part.config.backbone);
    const below = await findLoader(loaders.backbones, inner, folder).load(inner);
    loaded.push(below);
    return pipe(below, above);
  }
  const loader = loaders.heads.find(({ kind }) => kind === part.kind);
  if (!loader || 'load' in loader) {
    throw new FerError('UNSUPPORTED', `this is a head of kind "${part.kind}" alone: read it with loadHead.`, {
      file: folder.location,
    });
  }
  return loader.compose(part, (member) => loadOverImages(member, loaders, folder, loaded));
}

async function loadOverFeatures(
  part: SavedPart,
  heads: readonly HeadLoader[],
  folder: Folder,
  loaded: Loaded,
): Promise<Head> {
  if (part.kind === 'pipe') {
    throw new FerError('UNSUPPORTED', 'this is a backbone and a head: read it with loadClassifier.', {
      file: folder.location,
    });
  }
  const loader = findLoader(heads, part, folder);
  if (!('load' in loader)) return loader.compose(part, (member) => loadOverFeatures(member, heads, folder, loaded));
  const head = await loader.load(part);
  loaded.push(head);
  return head;
}

function checkClasses({ classes: known }: { classes: readonly string[] }, { classes }: Manifest, folder: Folder): void {
  if (sameClasses(known, classes)) return;
  throw new FerError(
    'CORRUPT',
    `the head knows [${known.join(', ')}], ${MANIFEST} says [${classes.join(', ')}]: save the classifier again.`,
    { file: folder.location },
  );
}

/** The files, read and checked. */
interface Verified {
  readonly manifest: Manifest;
  readonly files: Map<string, Uint8Array>;
}

/**
 * Reads and checks all files. If another program saves into the folder meanwhile, files of two saves may be mixed;
 * reading then starts again.
 */
async function readVerified(folder: Folder, options: RunOptions): Promise<Verified> {
  const { signal } = options;
  let manifest = await readManifest(folder, { signal });
  for (;;) {
    try {
      return { manifest, files: await readFiles(folder, manifest, options) };
    } catch (error) {
      if (!isFerError(error, 'CORRUPT') && !isFerError(error, 'NOT_FOUND')) throw error;
      const now = await readManifest(folder, { signal });
      if (now.digest === manifest.digest) throw error;
      manifest = now;
    }
  }
}

async function readFiles(folder: Folder, manifest: Manifest, options: RunOptions): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const totalBytes = Object.values(manifest.files).reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const [name, { bytes: size, sha256: expected }] of Object.entries(manifest.files)) {
    const file = `${folder.location}/${name}`;
    options.signal?.throwIfAborted();
    const bytes = await folder.read(name, options.signal);
    if (bytes.length !== size) {
      throw new FerError('CORRUPT', `${bytes.length} bytes, expected ${size}: fetch or save it again.`, { file });
    }
    if ((await sha256(bytes)) !== expected) {
      throw new FerError('CORRUPT', 'its checksum differs from the saved one: fetch or save it again.', { file });
    }
    files.set(name, bytes);
    done += size;
    options.onProgress?.({ kind: 'load', rows: 0, bytes: done, totalBytes });
  }
  return files;
}

function findLoader<L extends HeadLoader | PartLoader<unknown>>(
  loaders: readonly L[],
  part: SavedPart,
  folder: Folder,
): L {
  const loader = loaders.find(({ kind }) => kind === part.kind);
  if (loader) return loader;
  const known = loaders.map(({ kind }) => kind).join(', ');
  throw new FerError('UNSUPPORTED', `no loader for "${part.kind}" (known: ${known}): add one to the loaders given.`, {
    file: folder.location,
  });
}
