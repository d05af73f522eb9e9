import { checkArray, describeValue, FerError, type Labels } from 'fer-core';
import type { TrainOptions } from './trainOptions.js';

/**
 * Returns one weight per class, or `undefined` if all are 1.
 *
 * @throws FerError `INVALID_ARGUMENT` if there are too few or too many weights, or one is negative or not finite.
 */
export function resolveClassWeight(given: TrainOptions['classWeight'], data: Labels): Float64Array | undefined {
  if (given === undefined) return undefined;
  if (given === 'balanced') return balanced(data);
  const { classes } = data;
  if (typeof given !== 'string') checkArray('classWeight', given);
  if (typeof given === 'string' || given.length !== classes.length) {
    const found = typeof given === 'string' ? `"${given}"` : `${given.length} class weights`;
    throw new FerError('INVALID_ARGUMENT', `${found} for ${classes.length} classes: give one each, or 'balanced'.`);
  }
  return Float64Array.from(given, (weight, c) => {
    if (weight >= 0 && Number.isFinite(weight)) return weight;
    throw new FerError(
      'INVALID_ARGUMENT',
      `the weight of class ${classes[c]} is ${describeValue(weight)}: it must be 0 or a positive number.`,
    );
  });
}

/**
 * scikit-learn's compute_class_weight('balanced', …): n / (k · rows of the class). A soft label counts fractionally.
 */
function balanced({ labels, soft, classes }: Labels): Float64Array {
  const k = classes.length;
  const mass = new Float64Array(k);
  if (soft) for (let i = 0; i < soft.length; i++) mass[i % k] += soft[i];
  else for (const label of labels) mass[label]++;
  return mass.map((rows) => labels.length / (k * rows));
}

/** Returns the weight of each image: the mean of the class weights under its label's distribution. */
export function imageWeights({ labels, soft, classes }: Labels, classWeight: ArrayLike<number>): Float32Array {
  const k = classes.length;
  return Float32Array.from({ length: labels.length }, (_, i) => {
    if (!soft) return classWeight[labels[i]];
    let sum = 0;
    for (let j = 0; j < k; j++) sum += soft[i * k + j] * classWeight[j];
    return sum;
  });
}
