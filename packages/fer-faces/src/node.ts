/**
 * The parts of fer-faces that access files.
 *
 * @module fer-faces/node
 */
export { type LoadPhotoOptions, loadPhoto } from './loadPhoto.js';
