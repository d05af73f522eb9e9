/**
 * Data sets of faces in memory: FER2013's csv as a stream, augmentation, splits, audits, drawn faces.
 *
 * @module fer-data
 */
export type { Fill } from 'fer-core';
export * from './audit/audit.js';
export * from './augment/augment.js';
export * from './augment/compose.js';
export * from './augment/cutmix.js';
export * from './augment/mixup.js';
export type { ErasingOptions } from './augment/randomErasing.js';
export * from './augment/randomFlip.js';
export type { NumberRange } from './augment/range.js';
export * from './faces/syntheticFaces.js';
export type { ByteSource } from './fer2013/byteSource.js';
export * from './fer2013/fer2013.js';
export { parseFer2013 } from './fer2013/parseFer2013.js';
export * from './ferPlus/drawLabels.js';
export * from './ferPlus/ferPlusLabels.js';
export * from './ferPlus/ferPlusVotes.js';
export * from './ferPlus/joinFerPlus.js';
export * from './images/browserImages.js';
export { CLASS_SYNONYMS, classIndex } from './images/classNames.js';
export { toGrey, toRgb } from './images/grey.js';
export * from './images/resizeImages.js';
export * from './sampling/balancedSample.js';
export * from './sampling/classWeights.js';
export * from './sampling/concatDatasets.js';
export * from './sampling/concatImages.js';
export * from './sampling/mergeClasses.js';
export * from './sampling/selectClasses.js';
export * from './sampling/splits.js';
export * from './sampling/stratifiedFolds.js';
export { type StratifiedOptions, stratifiedSplit } from './sampling/stratifiedSplit.js';
export * from './sampling/stratifiedSubset.js';
