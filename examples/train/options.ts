import { join } from 'node:path';
import { parseArgs } from 'node:util';
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

/** Reads the command line; a wrong one ends the program with a usage line. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      recipe: { type: 'string', default: '' },
      from: { type: 'string' },
      data: { type: 'string', default: '' },
      epochs: { type: 'string' },
      seed: { type: 'string', default: '1' },
      threads: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const { recipe, from, data, epochs, seed, threads } = values;
  if (!Object.hasOwn(recipes, recipe) || data === '') {
    const names = Object.keys(recipes).join('|');
    console.error(`Usage: npm run train -- --recipe ${names} --data FILE.csv[.gz]
                    [--from NAME|DIR] [--epochs N] [--seed N] [--threads N] [--out DIR]`);
    process.exit(2);
  }
  return {
    ...{ recipe, data, seed: Number(seed) },
    ...(from && { from }),
    ...(epochs && { epochs: Number(epochs) }),
    ...(threads && { threads: Number(threads) }),
    out: values.out ?? join('out', 'train', `${recipe}-${seed}`),
  };
}
