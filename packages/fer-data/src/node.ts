export * from './exportCsv.js';
export * from './exportImageFolder.js';
export type { Fer2013, Fer2013Options, SkippedRow } from './fer2013.js';
export * from './loadFer2013.js';
export * from './loadImageFolder.js';
