export type { Fer2013, Fer2013Options, SkippedRow } from './fer2013.js';
export type { FerPlusVotes } from './ferPlusVotes.js';
export * from './loadFer2013.js';
export * from './loadFerPlus.js';
export * from './loadImageFolder.js';
