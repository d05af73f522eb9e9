export * from './loadFer2013.js';
export type { Fer2013, Fer2013Options, SkippedRow } from './parseFer2013.js';
