/**
 * From a photograph to expressions: finds faces, crops them as in FER2013, reads their expressions and tracks them.
 *
 * @module fer-faces
 */
export { type BrowserPhotoOptions, browserPhoto, type PhotoSource } from './browserPhoto.js';
export { type CropOptions, cropFaces } from './cropFaces.js';
export type { DetectOptions, FaceDetector } from './detector.js';
export {
  type ExpressionTracker,
  type ExpressionTrackerOptions,
  expressionTracker,
  type FrameOptions,
  type TrackedFace,
} from './expressionTracker.js';
export type { Face, FacePoints, Point } from './face.js';
export { type DetectorMode, type FaceDetectorOptions, faceDetector, MIN_SCORE } from './faceDetector.js';
export { type FaceSquare, faceSquare } from './framing.js';
export type { FaceBox, Photo } from './photo.js';
export {
  type ByClass,
  type FaceReading,
  type ReadExpressionsOptions,
  type Reading,
  type ReadingBy,
  readExpressions,
  readFaces,
} from './readExpressions.js';
