export type { Activation, Parameters } from './activation.js';
export { type AdamMoments, type AdamStep, adamStep } from './adam.js';
export { type BatchNormParameters, batchNormInference, batchNormTraining, type Moments } from './batchNorm.js';
export { type Conv2dOptions, conv2d } from './conv2d.js';
export { dense } from './dense.js';
export { dropout } from './dropout.js';
export { softmaxCrossEntropy, squaredHinge } from './losses.js';
export { type MomentumStep, momentumStep } from './momentum.js';
export { type RmspropStep, rmspropStep } from './rmsprop.js';
