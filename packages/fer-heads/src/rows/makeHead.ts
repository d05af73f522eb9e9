import { type Classifier, checkFunction, checkMethods, FerError, type Head } from 'fer-core';

/** Methods that every classifier has. */
const METHODS = ['fit', 'decisionFunction', 'predict', 'dispose'];

/**
 * Checks that a value is a classifier.
 *
 * @param name - How the message calls it, e.g. `the head`.
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkClassifier(name: string, value: Classifier<never>): void {
  checkMethods(name, value, METHODS, 'give one such as linearL2SVM() returns');
}

/**
 * Wraps a function that makes heads: what it returns is checked.
 *
 * @throws FerError `INVALID_ARGUMENT` for something other than a head, or a head that was returned before: each fit would
 *   discard the one before it.
 */
export function headMaker<H extends Head, A extends readonly unknown[]>(make: (...args: A) => H): (...args: A) => H {
  checkFunction('head', make);
  const known = new WeakSet<Head>();
  return (...args) => {
    const made = make(...args);
    checkClassifier('the head made', made);
    if (known.has(made)) {
      throw new FerError('INVALID_ARGUMENT', 'head returned the same head twice: make a new one in each call.');
    }
    known.add(made);
    return made;
  };
}
