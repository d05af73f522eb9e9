import type { PretrainedName } from 'fer-models';

/** The shipped classifier that the examples use by default, with calibrated probabilities. */
export const DEFAULT_MODEL: PretrainedName = 'compact-vgg/softmax';
