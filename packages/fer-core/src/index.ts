/**
 * The contracts that the fer libraries share, and the functions that compose them.
 *
 * @module fer-core
 */

export * from './arguments.js';
export * from './classifier.js';
export * from './data/bilinear.js';
export * from './data/features.js';
export * from './data/folds.js';
export * from './data/images.js';
export * from './data/labels.js';
export * from './data/rows.js';
export * from './digest.js';
export * from './errors.js';
export * from './fetch.js';
export { type FileStore, memoryStore } from './fileStore.js';
export * from './float16.js';
export { checkFiles, type Folder, isFileName, memoryFolder, urlFolder } from './folder.js';
export * from './json.js';
export { type Manifest, type Provenance, readManifest } from './manifest.js';
export * from './options.js';
export * from './part.js';
export * from './pipe.js';
export * from './progress.js';
export * from './random.js';
export * from './saved.js';
