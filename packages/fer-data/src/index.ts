export type { ByteSource } from './byteSource.js';
export * from './classNames.js';
export * from './fer2013.js';
export { parseFer2013 } from './parseFer2013.js';
export * from './randomFlip.js';
export * from './splits.js';
export * from './stratifiedSplit.js';
export * from './stratifiedSubset.js';
export * from './syntheticFaces.js';
