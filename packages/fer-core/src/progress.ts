import { describeValue, FerError } from './errors.js';
import { isRecord } from './record.js';

/** Part of a file or stream has been read. */
export interface LoadProgress {
  readonly kind: 'load';
  /** Rows (or images) read so far. */
  readonly rows: number;
  /** Bytes of the source read so far, before decompression; of a folder, files. */
  readonly bytes: number;
  /** The total, if it is known. */
  readonly totalBytes?: number;
}

/** One optimisation step of a backbone is done. */
export interface StepProgress {
  readonly kind: 'step';
  /** 1-based. */
  readonly epoch: number;
  readonly epochs: number;
  /** 1-based, within the epoch. */
  readonly step: number;
  readonly steps: number;
  /** Mean training loss over the epoch so far. */
  readonly loss: number;
  /** Training accuracy over the epoch so far, 0..1. */
  readonly accuracy: number;
  readonly imagesPerSecond: number;
  /** Estimated seconds until the last epoch ends, validation included as far as it has been seen. */
  readonly secondsLeft: number;
}

/** One epoch is done. */
export interface EpochProgress extends EpochRecord {
  readonly kind: 'epoch';
  readonly epochs: number;
}

/** A checkpoint of a training has been written, read back, or found damaged. */
export interface CheckpointProgress {
  readonly kind: 'checkpoint';
  /** `damaged`: it can't be read, for the given `reason`, and the previous checkpoint is tried. */
  readonly action: 'saved' | 'resumed' | 'damaged';
  /** Path or name of the checkpoint. */
  readonly file: string;
  /** Steps done, over all epochs. Unknown for a damaged checkpoint. */
  readonly step?: number;
  readonly reason?: string;
}

/** Images have been turned into features, or other units of work are done: rows scored, resamples drawn. */
export interface TransformProgress {
  readonly kind: 'transform';
  readonly done: number;
  readonly total: number;
}

/** An iteration of a convex solver is done. */
export interface SolverProgress {
  readonly kind: 'solver';
  /** 1-based. */
  readonly iteration: number;
  /** The value being minimised, summed over the classes. */
  readonly objective: number;
  /** Largest gradient norm over the classes, relative to its start. */
  readonly gradient: number;
}

/** The call continues, but its result may not be what was intended. Show the message to the user. */
export interface WarningProgress {
  readonly kind: 'warning';
  /** Stable, for programs: `NOT_CONVERGED`, `ONE_CLASS`, … Each call documents its own. */
  readonly code: string;
  /** What was noticed, and what to do about it. */
  readonly message: string;
}

/** Any event that a long call may report. */
export type Progress =
  | LoadProgress
  | StepProgress
  | EpochProgress
  | CheckpointProgress
  | TransformProgress
  | SolverProgress
  | WarningProgress;

/** Options of every call that may take longer than a second. */
export interface RunOptions {
  /** Called as the work progresses. It must not throw. */
  readonly onProgress?: ((event: Progress) => void) | undefined;
  /** Stops the work at the next batch or iteration; the call then rejects with the signal's `reason`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns only the two options of every call, to destructure or to pass on. `onProgress` is still called as a method of
 * the given object, which may be an instance of a class.
 *
 * @throws FerError `INVALID_ARGUMENT` as {@link checkRunOptions}.
 *
 * @example
 * ```ts
 * async function score(images: Images, options?: RunOptions) {
 *   const { onProgress, signal } = bindRunOptions(options);
 * }
 * ```
 */
export function bindRunOptions(options: RunOptions = {}): RunOptions {
  checkRunOptions(options);
  const onProgress = options.onProgress && ((event: Progress) => options.onProgress?.(event));
  return { onProgress, signal: options.signal };
}

/**
 * Checks the values of the two options of every call. Other options are ignored.
 *
 * @throws FerError `INVALID_ARGUMENT` if the options are not an object, or a collection, `onProgress` is not a function, or `signal`
 *   is not an `AbortSignal`.
 */
export function checkRunOptions(options: RunOptions): void {
  if (!isRecord(options)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the options are ${describeValue(options)}: give an object such as { onProgress, signal }.`,
    );
  }
  const { onProgress, signal } = options;
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new FerError('INVALID_ARGUMENT', `onProgress is ${describeValue(onProgress)}: give a function.`);
  }
  checkSignal(signal);
}

/**
 * Checks that a value is an `AbortSignal` or undefined.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal === undefined) return;
  // Checked by its method, so that signals of another realm are accepted.
  if (typeof signal === 'object' && signal !== null && 'throwIfAborted' in signal && 'aborted' in signal) return;
  throw new FerError('INVALID_ARGUMENT', `signal is ${describeValue(signal)}: give the signal of an AbortController.`);
}

/** The metrics of one epoch of training. */
export interface EpochRecord {
  /** 1-based. */
  readonly epoch: number;
  /** Mean training loss over the batches of the epoch. */
  readonly loss: number;
  /** Training accuracy over the batches of the epoch, 0..1. */
  readonly accuracy: number;
  /** Loss on the validation set after the epoch, if one was given. */
  readonly validationLoss?: number;
  /** Accuracy on the validation set after the epoch, 0..1. */
  readonly validationAccuracy?: number;
  readonly learningRate: number;
  /** Wall-clock seconds, validation included. */
  readonly seconds: number;
}

/**
 * Lets the event loop run (timers, I/O, an abort) and then checks the signal. Long loops await it between batches.
 *
 * @example
 * ```ts
 * async function score(images: Images, options: RunOptions = {}) {
 *   for (let first = 0; first < images.n; first += 256) await breathe(options.signal); // before each batch
 * }
 * ```
 */
export async function breathe(signal?: AbortSignal): Promise<void> {
  checkSignal(signal);
  signal?.throwIfAborted();
  await nextTask();
  signal?.throwIfAborted();
}

/** Browsers delay nested timers by 4 ms, but not messages. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => void };
    if (setImmediate) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
