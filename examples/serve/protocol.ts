/** Messages between the server and its worker thread. */
import type { FerErrorCode } from 'fer-core';
import type { FaceReading } from 'fer-faces';

/** The result for one upload. */
export interface PhotoReading {
  /** Size of the photo, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly faces: readonly FaceReading[];
}

export type Request =
  | { readonly kind: 'read'; readonly id: number; readonly bytes: Uint8Array }
  /** The client no longer waits for it. */
  | { readonly kind: 'cancel'; readonly id: number };

export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'batch'; readonly photos: number }
  | { readonly kind: 'reading'; readonly id: number; readonly reading: PhotoReading }
  | { readonly kind: 'error'; readonly id: number; readonly message: string; readonly code?: FerErrorCode };

/** Data that the worker is started with. */
export interface WorkerOptions {
  readonly model: string;
  readonly mode: 'fast' | 'thorough';
  /** Maximum number of photos per batch. */
  readonly maxBatch: number;
  /** Maximum number of pixels of a photo, according to its header. */
  readonly maxPixels: number;
}
