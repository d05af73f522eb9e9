export type { LinearHead } from './linearHead.js';
export * from './linearL2SVM.js';
export * from './loaders.js';
export * from './matrix.js';
export type { LinearFitOptions, LinearFitResult, LinearHeadOptions } from './options.js';
export { type ScoreOfC, type SelectCOptions, type SelectedC, selectC } from './selectC.js';
export * from './softmax.js';
export type { ClassWeight } from './targets.js';
