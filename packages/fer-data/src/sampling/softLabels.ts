import type { Labels } from 'fer-core';

/** Labels as distributions, n × k; where there are no soft ones, 1 for each row's label. */
export function softLabels({ labels, classes, soft }: Labels): Float32Array {
  if (soft) return soft;
  const certain = new Float32Array(labels.length * classes.length);
  labels.forEach((label, i) => {
    certain[i * classes.length + label] = 1;
  });
  return certain;
}
