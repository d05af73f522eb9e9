import { type Classifier, checkFunction, checkMethods, type Head } from 'fer-core';

/** What every classifier has. */
const METHODS = ['fit', 'decisionFunction', 'predict', 'dispose'];

/**
 * Checks that a value is a classifier.
 *
 * @param name - What it is, for the message: `the head`.
 * @throws FerError `INVALID_ARGUMENT`
 */
export function checkClassifier(name: string, value: Classifier<never>): void {
  checkMethods(name, value, METHODS, 'give one such as linearL2SVM() returns');
}

/**
 * Makes a head by a function of the caller's, and checks what it returned.
 *
 * @throws FerError `INVALID_ARGUMENT` where it is no function, or returned no head; and whatever it throws.
 */
export function makeHead<H extends Head, A extends readonly unknown[]>(make: (...args: A) => H, ...args: A): H {
  checkFunction('head', make);
  const made = make(...args);
  checkClassifier('the head made', made);
  return made;
}
