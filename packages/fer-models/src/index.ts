/**
 * Trained classifiers, ready to use.
 *
 * @module fer-models
 */
export {
  loadPretrained,
  type Pretrained,
  type PretrainedName,
  pretrainedFolder,
  pretrainedNames,
  type WithProbabilities,
} from './pretrained.js';
