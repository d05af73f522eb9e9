import { join } from 'node:path';
import { number, path, readCommandLine, required, text, UsageError } from '../shared/commandLine.js';
import { recipes } from './recipes.js';

/** What the command line asks for. */
export interface Options {
  readonly recipe: string;
  /** The classifier to go on from, in place of the recipe's. */
  readonly from?: string;
  /** FER2013 as csv, plain or gzip. */
  readonly data: string;
  /** In place of the recipe's. */
  readonly epochs?: number;
  readonly seed: number;
  readonly threads?: number;
  /** Folder of the checkpoints and the classifiers. */
  readonly out: string;
}

const names = Object.keys(recipes).join('|');
const recipe = text('RECIPE', `How to train: ${Object.keys(recipes).join(', ')}.`, undefined);

/** Reads the command line; a wrong one ends the program. */
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
        'stopped at any moment: the same command goes on.',
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
        from: text('NAME|DIR', "The classifier to go on from, in place of the recipe's.", undefined),
        epochs: number('N', "In place of the recipe's.", undefined, { from: 1 }),
        seed: number('N', 'Decides everything random.', 1, { from: 0 }),
        threads: number('N', 'Default: one for each core.', undefined, { from: 1 }),
        out: text('DIR', 'Where checkpoints and classifiers go. Default: out/train/RECIPE-SEED.', undefined),
      },
    },
    args,
  );
  return { ...values, out: out ?? join('out', 'train', `${values.recipe}-${values.seed}`) };
}
