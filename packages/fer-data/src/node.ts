export * from './contactSheet.js';
export * from './exportCsv.js';
export * from './exportImageFolder.js';
export type { Fer2013, Fer2013Options, SkippedRow } from './fer2013.js';
export type { Fer2013Batch, StreamFer2013Options } from './fer2013Batches.js';
export type { Fer2013Source } from './fer2013Source.js';
export * from './loadFer2013.js';
export * from './loadFerPlus.js';
export * from './loadImageFolder.js';
