import { type ReportFigures, reportFigures } from './figures.js';
import type { ReportInput } from './input.js';

export type { ReportFigures };

/**
 * The figures of a report as JSON text: a {@link ReportFigures}, the same ones that the HTML and the Markdown show.
 *
 * @throws FerError `INVALID_DATA` where parts of the input don't fit together.
 */
export function reportJson(input: ReportInput): string {
  return `${JSON.stringify(reportFigures(input), null, 2)}\n`;
}
