/**
 * Functions that read and write files: FER2013's csv, folders of images, single images.
 *
 * @module fer-data/node
 */

export type { ImageSource } from 'fer-core/node';
export * from './audit/contactSheet.js';
export * from './fer2013/exportCsv.js';
export type { Fer2013, Fer2013Options, SkippedRow } from './fer2013/fer2013.js';
export type { Fer2013Batch, StreamFer2013Options } from './fer2013/fer2013Batches.js';
export type { Fer2013Source } from './fer2013/fer2013Source.js';
export * from './fer2013/loadFer2013.js';
export type { FerPlusVotes } from './ferPlus/ferPlusVotes.js';
export * from './ferPlus/loadFerPlus.js';
export * from './images/exportImageFolder.js';
export type { ImageBox } from './images/imageBox.js';
export type { ImageShapeOptions } from './images/imageShape.js';
export type { ImageFilesOptions, SkippedFile } from './images/loadFiles.js';
export * from './images/loadImage.js';
export * from './images/loadImageFolder.js';
export * from './images/loadImages.js';
