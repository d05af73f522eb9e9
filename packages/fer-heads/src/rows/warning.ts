import type { RunOptions } from 'fer-core';

/**
 * Reports that a fit stopped before it reached its tolerance, as an event of kind `warning` and code `NOT_CONVERGED`.
 * The result also says so, but that is easily overlooked.
 *
 * @param advice - What the user can do about it.
 */
export function warnNotConverged(run: RunOptions | undefined, advice: string): void {
  run?.onProgress?.({
    kind: 'warning',
    code: 'NOT_CONVERGED',
    message: `the solver stopped before it reached its tolerance: ${advice}.`,
  });
}
