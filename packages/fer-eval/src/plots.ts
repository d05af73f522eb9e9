export * from './plots/accuracyIntervals.js';
export * from './plots/classDistribution.js';
export * from './plots/confusion.js';
export * from './plots/errorRates.js';
export * from './plots/reliability.js';
export * from './plots/renderSvg.js';
export { SERIES_COLORS, type VegaLiteSpec } from './plots/theme.js';
export * from './plots/trainingCurves.js';
