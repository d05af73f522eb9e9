import type { RunOptions } from 'fer-core';

/**
 * Tells whoever started a fit that it stopped short of its tolerance: an event of kind `warning` and code
 * `NOT_CONVERGED`. The result says so, too, but is easily overlooked.
 *
 * @param advice - What to do about it.
 */
export function warnNotConverged(run: RunOptions | undefined, advice: string): void {
  run?.onProgress?.({
    kind: 'warning',
    code: 'NOT_CONVERGED',
    message: `the solver stopped before it reached its tolerance: ${advice}.`,
  });
}
