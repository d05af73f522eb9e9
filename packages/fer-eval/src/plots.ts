/**
 * Plots as SVG text.
 *
 * @module fer-eval/plots
 */
export * from './plots/accuracyIntervals.js';
export * from './plots/classDistribution.js';
export * from './plots/classPie.js';
export * from './plots/confusion.js';
export * from './plots/errorRates.js';
export * from './plots/featureMap.js';
export { type MistakesPlotOptions, mistakesPlot } from './plots/mistakes.js';
export * from './plots/plotInput.js';
export * from './plots/principalComponents.js';
export * from './plots/rankingCurves.js';
export * from './plots/reliability.js';
export * from './plots/renderSvg.js';
export * from './plots/robustness.js';
export * from './plots/showPlot.js';
export { type ColorScheme, SERIES_COLORS, type VegaLiteSpec } from './plots/theme.js';
export * from './plots/trainingCurves.js';
