import { type Classifier, checkFunction, checkMethods, type Head } from 'fer-core';

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
 * Calls the caller's function that makes a head, and checks its result.
 *
 * @throws FerError `INVALID_ARGUMENT` if it is not a function or does not return a head; and whatever it throws.
 */
export function makeHead<H extends Head, A extends readonly unknown[]>(make: (...args: A) => H, ...args: A): H {
  checkFunction('head', make);
  const made = make(...args);
  checkClassifier('the head made', made);
  return made;
}
