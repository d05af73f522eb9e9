import { describeValue, FerError } from './errors.js';
import { checkRunOptions, type RunOptions } from './progress.js';
import { isPlain, isRecord } from './record.js';

/** The names of the options in {@link RunOptions}, for {@link checkOptions}. */
export const RUN_OPTIONS = ['onProgress', 'signal'] as const;

/**
 * Checks the names of options, so that a misspelt one is refused instead of being ignored. An instance of a class must
 * have one of the options, and may have further properties: its own state, e.g. that of a progress reporter. The values
 * of `onProgress` and `signal` are checked too, if the call has them.
 *
 * @param call - The function that takes the options, e.g. `fit`, for the message.
 * @param options - The options as given; `undefined` means no options.
 * @param known - The names of all options of the call.
 * @throws FerError `INVALID_ARGUMENT` if `options` is not an object, is iterable (an array, a `Map`), or has a property
 *   that `known` lacks; the message names the known option with the most similar spelling.
 *
 * @example
 * ```ts
 * function blur(images: Images, options: { radius?: number; signal?: AbortSignal } = {}) {
 *   checkOptions('blur', options, ['radius', ...RUN_OPTIONS]);
 * }
 * ```
 */
export function checkOptions(call: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  const plain = isPlain(options);
  // TypeScript refuses an object without a name in common, too.
  if (!isRecord(options) || !(plain || known.some((name) => name in options))) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the options of ${call} are ${describeValue(options)}: give an object such as { ${known[0]}: … }.`,
    );
  }
  const { onProgress, signal } = options as RunOptions;
  checkRunOptions({
    onProgress: known.includes('onProgress') ? onProgress : undefined,
    signal: known.includes('signal') ? signal : undefined,
  });
  if (!plain) return;
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    throw new FerError(
      'INVALID_ARGUMENT',
      `${call} has no option "${name}": ${near ? `did you mean "${near}"?` : `its options are ${known.join(', ')}.`}`,
    );
  }
}

/**
 * Checks that a value is one of a few names.
 *
 * @param name - What the value is for, e.g. an option's name.
 * @throws FerError `INVALID_ARGUMENT`, listing the names.
 */
export function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (choices.includes(value as string)) return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `${name} is ${describeValue(value)}: it must be ${choices.map((c) => `'${c}'`).join(' or ')}.`,
  );
}

/**
 * The known name with the spelling most similar to another name, ignoring case.
 *
 * @returns `undefined` if all of them differ in more than a third of their characters.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((candidate) => editDistance(name.toLowerCase(), candidate.toLowerCase()));
  const best = distances.indexOf(Math.min(...distances));
  return best >= 0 && distances[best] <= Math.max(1, Math.floor(known[best].length / 3)) ? known[best] : undefined;
}

/** The number of characters to insert, remove, replace or swap with the next one to turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1] + Number(a[i - 1] !== b[j - 1]);
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, replaced);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length];
}
