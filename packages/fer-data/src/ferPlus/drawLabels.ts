import type { Labels, Random } from 'fer-core';

/**
 * Labels drawn from the soft ones, which are left out of the result: what FER+'s probabilistic training does in each
 * epoch. Data without soft labels stay as they are.
 *
 * @param data - Is not changed; images are shared, not copied.
 * @param random - The label of row i depends on `random.split(i)` alone.
 *
 * @example
 * ```ts
 * const epochData = drawLabels(train, new Random(seed).split('labels', epoch));
 * ```
 */
export function drawLabels<L extends Labels>(data: L, random: Random): L {
  const { soft, classes } = data;
  if (!soft) return data;
  const k = classes.length;
  const labels = data.labels.map((label, i) => {
    let rest = random.split(i).uniform();
    for (let j = 0; j < k; j++) {
      const share = soft[i * k + j];
      if (rest < share) return j;
      rest -= share;
    }
    // The shares came to less than 1 by rounding.
    return label;
  });
  return { ...data, labels, soft: undefined };
}
