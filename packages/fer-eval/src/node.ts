/**
 * Experiments that can be interrupted and resumed, and plots as PNG files.
 *
 * @module fer-eval/node
 */
export { type HeadMeasurement, type MeasureHeadOptions, measureHead } from './experiment/measureHead.js';
export * from './experiment/runExperiment.js';
export { serveHeads } from './experiment/serveHeads.js';
export * from './experiment/summarize.js';
export * from './experiment/types.js';
export * from './plots/renderPng.js';
export type { ColorScheme, VegaLiteSpec } from './plots/theme.js';
