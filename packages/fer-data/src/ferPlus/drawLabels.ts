import { checkLabels, checkRandom, type Labels, type Random } from 'fer-core';

/**
 * Draws a hard label for each row from its soft label, as FER+'s probabilistic training does in each epoch. Returns data
 * without soft labels as they are.
 *
 * @param data - Is not changed; the result shares its images and has no soft labels.
 * @param random - The label of row i depends on `random.split(i)` alone.
 * @throws FerError `INVALID_DATA` for labels that break their contract.
 *
 * @example
 * ```ts
 * const epochData = drawLabels(train, new Random(seed).split('labels', epoch));
 * ```
 */
export function drawLabels<L extends Labels>(data: L, random: Random): L {
  checkLabels(data, data?.labels?.length);
  checkRandom(random);
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
    // By rounding, the shares may sum to slightly less than 1.
    return label;
  });
  return { ...data, labels, soft: undefined };
}
