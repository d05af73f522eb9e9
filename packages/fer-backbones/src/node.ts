/**
 * The parts of fer-backbones that access files.
 *
 * @module fer-backbones/node
 */

export { type Vgg16NodeOptions, vgg16 } from './backbones/vgg16Node.js';
export type { DownloadOptions } from './download/download.js';
export { fileFeatures } from './features/fileFeatures.js';
export { importKeras } from './keras/importKerasNode.js';
