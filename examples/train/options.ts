import { join } from 'node:path';
import { number, path, readCommandLine, required, text, UsageError } from '../shared/commandLine.js';
import { recipes } from './recipes.js';

/** The options of the command line. */
export interface Options {
  readonly recipe: string;
  /** The classifier to continue from, instead of the recipe's. */
  readonly from?: string;
  /** FER2013 as csv, plain or gzip. */
  readonly data: string;
  /** Overrides the recipe's number of epochs. */
  readonly epochs?: number;
  readonly seed: number;
  readonly threads?: number;
  /** Folder for the checkpoints and the classifiers. */
  readonly out: string;
}

const names = Object.keys(recipes).join('|');
const recipe = text('RECIPE', `How to train: ${Object.keys(recipes).join(', ')}.`, undefined);

/** Parses the command line. A wrong one ends the program. */
export function readOptions(args: readonly string[]): Options {
  const {
    out,
    files: _,
    ...values
  } = readCommandLine(
    {
      command: 'npm run train --',
      about:
        'Trains a classifier by its recipe: a backbone, then a softmax and a linear L2-SVM on its features. It may be ' +
        'stopped at any time; the same command resumes it.',
      options: {
        recipe: required({
          ...recipe,
          read(given, name) {
            const value = recipe.read(given, name);
            if (value === undefined || Object.hasOwn(recipes, value)) return value;
            throw new UsageError(`--${name} is "${value}": it must be one of ${names}.`);
          },
        }),
        data: required(path('FILE.csv[.gz]', 'FER2013.', { of: 'file' })),
        from: text('NAME|DIR', "The classifier to continue from, instead of the recipe's.", undefined),
        epochs: number('N', "Number of epochs, instead of the recipe's.", undefined, { from: 1 }),
        seed: number('N', 'Seed of all random numbers.', 1, { from: 0 }),
        threads: number('N', 'Number of threads. Default: one per core.', undefined, { from: 1 }),
        out: text('DIR', 'Folder for checkpoints and classifiers. Default: out/train/RECIPE-SEED.', undefined),
      },
    },
    args,
  );
  return { ...values, out: out ?? join('out', 'train', `${values.recipe}-${values.seed}`) };
}
