import {
  checkDataset,
  checkJson,
  checkMethods,
  checkObject,
  checkOptions,
  type Dataset,
  FerError,
  sameClasses,
} from 'fer-core';
import { checkDifferent } from '../arguments/names.js';
import type { ExperimentBackbone, ExperimentData, ExperimentHead } from './types.js';

/** The splits of some data by name, in order, without a validation split that is absent. */
export function splitsOf({ train, validation, test }: ExperimentData): [string, Dataset][] {
  return [['train', train], ...(validation ? [['validation', validation] as [string, Dataset]] : []), ['test', test]];
}

/**
 * Checks the backbones or the heads of an experiment. Their options are part of the keys of cells, so they must be JSON,
 * and a property of another name must not be taken for one of the options.
 *
 * @param what - `backbones` or `heads`, for the messages.
 * @throws FerError `INVALID_ARGUMENT`, naming the property.
 */
export function checkParts(what: string, parts: readonly (ExperimentBackbone | ExperimentHead)[]): void {
  const advice = 'give a list of { name, options, make }, with different names';
  checkDifferent(what, parts, advice);
  for (const [i, part] of parts.entries()) checkPart(`${what}[${i}]`, part);
}

/**
 * Checks one backbone or head, as {@link checkParts} does, except for its name.
 *
 * @throws FerError `INVALID_ARGUMENT`, naming the property.
 */
export function checkPart(path: string, part: ExperimentBackbone | ExperimentHead): void {
  checkMethods(path, part, ['make'], 'give { name, options, make }');
  checkOptions(path, part, ['name', 'options', 'make']);
  const { options } = part;
  if (options === undefined) return;
  checkObject(`${path}.options`, options, 'give an object such as { C: 1 }');
  checkJson(`${path}.options`, options);
}

/**
 * Checks the splits of an experiment: data sets that are not empty and have the same classes.
 *
 * @throws FerError `INVALID_ARGUMENT` for a split of another name, `INVALID_DATA` for data that break their contract.
 */
export function checkSplits(data: ExperimentData): void {
  checkObject('data', data, 'give { train, test }, and validation where there is one');
  checkOptions('data', data, ['train', 'validation', 'test']);
  if (data.validation === null)
    throw new FerError('INVALID_ARGUMENT', 'data.validation is null: leave it out instead.');
  for (const [split, dataset] of splitsOf(data)) {
    checkDataset(dataset);
    if (dataset.n === 0) throw new FerError('INVALID_DATA', `${split} has no images: give at least one.`);
    if (!sameClasses(dataset.classes, data.train.classes)) {
      throw new FerError('INVALID_DATA', `${split} has other classes than train: give the same, in the same order.`);
    }
  }
}
