/** What the server and its worker thread say to each other. */
import type { FerErrorCode } from 'fer-core';
import type { FaceReading } from 'fer-faces';

/** What was read in one upload. */
export interface PhotoReading {
  /** Of the photo, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly faces: readonly FaceReading[];
}

export type Request =
  | { readonly kind: 'read'; readonly id: number; readonly bytes: Uint8Array }
  /** Nobody waits for it any more. */
  | { readonly kind: 'cancel'; readonly id: number };

export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'batch'; readonly photos: number }
  | { readonly kind: 'reading'; readonly id: number; readonly reading: PhotoReading }
  | { readonly kind: 'error'; readonly id: number; readonly message: string; readonly code?: FerErrorCode };

/** What the worker is started with. */
export interface WorkerOptions {
  readonly model: string;
  readonly mode: 'fast' | 'thorough';
  /** Photos read together, at most. */
  readonly maxBatch: number;
  /** Pixels that a photo may declare. */
  readonly maxPixels: number;
}
