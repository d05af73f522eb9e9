import type { Labels } from 'fer-core';

/** The row numbers of each class, ascending. */
export function rowsByClass({ labels, classes }: Labels): number[][] {
  const strata = classes.map((): number[] => []);
  labels.forEach((label, row) => {
    strata[label].push(row);
  });
  return strata;
}

/**
 * Distributes n seats in proportion to weights, by the method of largest remainders (Hamilton): each weight gets its
 * exact share rounded down or up, and the shares sum to n. Among equal remainders the first gets the seat.
 */
export function apportion(n: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const exact = weights.map((weight) => (n * weight) / total);
  const seats = exact.map(Math.floor);
  const left = n - seats.reduce((sum, seat) => sum + seat, 0);
  const byRemainder = exact.map((_, i) => i).sort((a, b) => exact[b] - seats[b] - (exact[a] - seats[a]) || a - b);
  for (const i of byRemainder.slice(0, left)) seats[i]++;
  return seats;
}
