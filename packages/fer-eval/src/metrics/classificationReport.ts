import { checkOptions, describeValue, FerError } from 'fer-core';
import { accuracy } from './agreement.js';
import { classMetrics, macroAverage, weightedAverage, type ZeroDivisionOptions } from './classMetrics.js';
import type { ConfusionMatrix } from './confusion.js';

/** Options of {@link classificationReport}. */
export interface ClassificationReportOptions extends ZeroDivisionOptions {
  /**
   * Digits after the decimal point.
   *
   * @default 2
   */
  readonly digits?: number | undefined;
}

/**
 * Returns the same text as scikit-learn's `classification_report`: precision, recall, F1 and support of each class,
 * then accuracy, macro and weighted means. If a class occurs neither in the truth nor in the predictions, it is the
 * text of scikit-learn 1.5 and later with `labels=range(k)`; older versions have a line "micro avg" instead of
 * "accuracy".
 *
 * @throws FerError `INVALID_DATA` for anything but a confusion matrix, or one without rows; `INVALID_ARGUMENT` if an
 *   option is out of range.
 *
 * @example
 * ```ts
 * const matrix = confusionMatrix({ actual: [0, 0, 0, 1], predicted: [0, 0, 1, 1], classes: ['no', 'yes'] });
 * console.log(classificationReport(matrix));
 * //               precision    recall  f1-score   support
 * //
 * //           no       1.00      0.67      0.80         3
 * //          yes       0.50      1.00      0.67         1
 * //
 * //     accuracy                           0.75         4
 * //    macro avg       0.75      0.83      0.73         4
 * // weighted avg       0.88      0.75      0.77         4
 * ```
 */
export function classificationReport(matrix: ConfusionMatrix, options: ClassificationReportOptions = {}): string {
  checkOptions('classificationReport', options, ['digits', 'zeroDivision']);
  const { digits = 2, zeroDivision = 0 } = options;
  if (!(Number.isInteger(digits) && digits >= 0 && digits <= 100)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `digits is ${describeValue(digits)}: it must be a whole number from 0 to 100.`,
    );
  }
  const metrics = classMetrics(matrix, { zeroDivision });
  const n = metrics.reduce((total, { support }) => total + support, 0);
  // Python counts code points, `length` counts UTF-16 units.
  const letters = (name: string) => [...name].length;
  const width = Math.max(...matrix.classes.map(letters), 'weighted avg'.length, digits);
  const row = (name: string, cells: readonly string[]) =>
    `${' '.repeat(width - letters(name))}${name} ${cells.map((cell) => ` ${cell.padStart(9)}`).join('')}`;
  const fixed = (value: number) => toFixedHalfEven(value, digits);
  const averages = [
    ['macro avg', macroAverage(metrics)],
    ['weighted avg', weightedAverage(metrics)],
  ] as const;
  return [
    row('', ['precision', 'recall', 'f1-score', 'support']),
    '',
    ...metrics.map((m) => row(m.name, [fixed(m.precision), fixed(m.recall), fixed(m.f1), `${m.support}`])),
    '',
    row('accuracy', ['', '', fixed(accuracy(matrix)), `${n}`]),
    ...averages.map(([name, m]) => row(name, [fixed(m.precision), fixed(m.recall), fixed(m.f1), `${n}`])),
    '',
  ].join('\n');
}

/** Rounds like Python: exact ties (0.625 to two digits) go to the even digit, whereas `toFixed` always rounds up. */
function toFixedHalfEven(value: number, digits: number): string {
  const exact = value.toFixed(Math.min(100, digits + 60));
  const cut = exact.length - 60;
  const tie = /^50*$/.test(exact.slice(cut));
  const last = exact.slice(0, cut).replace(/\.$/, '').at(-1)!;
  return tie && Number(last) % 2 === 0 ? exact.slice(0, cut).replace(/\.$/, '') : value.toFixed(digits);
}
