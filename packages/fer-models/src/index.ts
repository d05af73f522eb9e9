/**
 * Trained classifiers, ready to use.
 *
 * @module fer-models
 */
export { loadPretrained, type PretrainedName, pretrainedFolder, pretrainedNames } from './pretrained.js';
