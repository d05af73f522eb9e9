import { FerError, type Labels } from 'fer-core';

/** Labels as distributions, n × k: the soft labels, or 1 for the label of each row where there are none. */
export function softLabels({ labels, classes, soft }: Labels): Float32Array {
  if (soft) return soft;
  const certain = new Float32Array(labels.length * classes.length);
  labels.forEach((label, i) => {
    certain[i * classes.length + label] = 1;
  });
  return certain;
}

/**
 * Refuses soft labels where files have no place for them.
 *
 * @throws FerError `INVALID_DATA`
 */
export function checkHardLabels(soft: Float32Array | undefined): void {
  if (!soft) return;
  const message = 'the file has no place for soft labels: draw hard ones (drawLabels), or leave out `soft`.';
  throw new FerError('INVALID_DATA', message);
}
