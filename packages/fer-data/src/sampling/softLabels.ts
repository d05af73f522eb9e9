import { FerError, type Labels } from 'fer-core';

/** Labels as distributions, n × k: the soft labels, or, if there are none, 1 for the label of each row. */
export function softLabels({ labels, classes, soft }: Labels): Float32Array {
  if (soft) return soft;
  const certain = new Float32Array(labels.length * classes.length);
  labels.forEach((label, i) => {
    certain[i * classes.length + label] = 1;
  });
  return certain;
}

/**
 * Refuses soft labels, which files can't store.
 *
 * @throws FerError `INVALID_DATA`
 */
export function checkHardLabels(soft: Float32Array | undefined): void {
  if (!soft) return;
  const message = 'the file has no place for soft labels: draw hard ones (drawLabels), or leave out `soft`.';
  throw new FerError('INVALID_DATA', message);
}
