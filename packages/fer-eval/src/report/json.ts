import { type ReportFigures, reportFigures } from './figures.js';
import type { ReportInput } from './input.js';

export type { ReportFigures };

/**
 * The figures of a report as JSON text: a {@link ReportFigures}, the same ones that the HTML and the Markdown show,
 * without the faces.
 *
 * @throws FerError `INVALID_DATA` where parts of the input don't fit together.
 */
export function reportJson(input: ReportInput): string {
  const { heads, ...figures } = reportFigures(input);
  const plain = heads.map(({ mistakes, ...head }) => ({
    ...head,
    ...(mistakes && { mistakes: mistakes.map(({ face, explanation, ...mistake }) => mistake) }),
  }));
  return `${JSON.stringify({ ...figures, heads: plain }, null, 2)}\n`;
}
