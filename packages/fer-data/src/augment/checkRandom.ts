import { describeValue, FerError, type Random } from 'fer-core';

/**
 * Checks that an argument is a generator of random numbers.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkRandom(random: Random): void {
  const given = random as Partial<Random> | undefined | null;
  if (typeof given?.uniform === 'function' && typeof given.split === 'function') return;
  throw new FerError('INVALID_ARGUMENT', `the random numbers are ${describeValue(random)}: give a new Random(seed).`);
}
