/**
 * What of fer-backbones touches files.
 *
 * @module fer-backbones/node
 */
export type { DownloadOptions } from './download.js';
export { fileFeatures, openFeatures } from './fileFeatures.js';
export { importKeras } from './importKerasNode.js';
export { type Vgg16NodeOptions, vgg16 } from './vgg16Node.js';
