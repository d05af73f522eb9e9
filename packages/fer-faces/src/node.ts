/**
 * What touches files.
 *
 * @module fer-faces/node
 */
export { type LoadPhotoOptions, loadPhoto } from './loadPhoto.js';
