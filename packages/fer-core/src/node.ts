/**
 * Functions that need Node: saved classifiers and stores on disk, atomic file writes, and progress in the terminal.
 *
 * @module fer-core/node
 */
export { diskFolder } from './disk/diskFolder.js';
export { diskStore } from './disk/diskStore.js';
export { writeFileAtomic } from './disk/files.js';
export { type ImageBytes, type ImageSource, readImage } from './disk/imageSource.js';
export { ioError } from './disk/ioError.js';
export { withLock } from './disk/lock.js';
export { refuseSvg } from './disk/refuseSvg.js';
export { removeAbandoned, stagingPath } from './disk/staging.js';
export { type ConsoleProgressOptions, consoleProgress } from './terminal/consoleProgress.js';
