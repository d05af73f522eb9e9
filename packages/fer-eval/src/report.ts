/**
 * The HTML report, as one self-contained file.
 *
 * @module fer-eval/report
 */
export { reportSummary } from './report/figures.js';
export * from './report/html.js';
export type { ReportHead, ReportInput, ReportProvenance } from './report/input.js';
export * from './report/json.js';
export * from './report/markdown.js';
