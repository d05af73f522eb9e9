import { type ReportFigures, reportFigures } from './figures.js';
import type { ReportInput } from './input.js';

export type { ReportFigures };

/**
 * Returns the results of a report as JSON text: a {@link ReportFigures}, with everything that HTML and Markdown show
 * except the faces.
 *
 * @throws FerError `INVALID_ARGUMENT` for a part that is not what the report takes, naming it; `INVALID_DATA` if parts
 *   of the input don't match.
 *
 * @example
 * ```ts
 * const heads = [{ name: 'svm', evaluations: { test: evaluation } }];
 * await writeFileAtomic('report.json', reportJson({ ...run, heads }));
 * ```
 */
export function reportJson(input: ReportInput): string {
  const { heads, ...figures } = reportFigures(input);
  const plain = heads.map(({ mistakes, ...head }) => ({
    ...head,
    ...(mistakes && { mistakes: mistakes.map(({ face, explanation, ...mistake }) => mistake) }),
  }));
  return `${JSON.stringify({ ...figures, heads: plain }, null, 2)}\n`;
}
