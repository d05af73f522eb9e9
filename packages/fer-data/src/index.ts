export type { ByteSource } from './byteSource.js';
export { type Fer2013, type Fer2013Options, parseFer2013, type SkippedRow } from './parseFer2013.js';
export * from './randomFlip.js';
export * from './stratifiedSplit.js';
export * from './stratifiedSubset.js';
export * from './syntheticFaces.js';
