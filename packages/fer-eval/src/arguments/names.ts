import { checkObjects, describeValue, FerError } from 'fer-core';

/**
 * Checks that a value is an array of objects with names, each a string of at least one character.
 *
 * @param what - What the objects are, in the plural: `the heads`.
 * @param advice - What to give instead, as the end of the message.
 * @throws FerError `INVALID_ARGUMENT`, naming the first item without a name.
 */
export function checkNamed(what: string, list: unknown, advice: string): asserts list is { name: string }[] {
  checkObjects(what, list, advice);
  for (const [i, { name }] of (list as { name?: unknown }[]).entries()) {
    if (typeof name === 'string' && name !== '') continue;
    const given = name === '' ? 'empty' : describeValue(name);
    throw new FerError('INVALID_ARGUMENT', `the name of item ${i + 1} of ${what} is ${given}: ${advice}.`);
  }
}

/**
 * Checks as {@link checkNamed}, and that there is at least one object and no name occurs twice.
 *
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkDifferent(what: string, list: unknown, advice: string): asserts list is { name: string }[] {
  checkNamed(what, list, advice);
  const names = list.map(({ name }) => name);
  if (names.length > 0 && new Set(names).size === names.length) return;
  throw new FerError('INVALID_ARGUMENT', `${what} are named [${names.join(', ')}]: give one or more different names.`);
}
