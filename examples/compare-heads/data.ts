import { type Dataset, FerError, type Progress } from 'fer-core';
import { stratifiedSubset, syntheticFaces } from 'fer-data';
import { loadFer2013 } from 'fer-data/node';
import type { Options } from './options.js';

/** A set on which heads are evaluated. */
export interface TestSplit {
  readonly name: string;
  readonly dataset: Dataset;
}

/** The test data of a run. */
export interface Tests {
  readonly title: string;
  /** One or more. If there are several, the first is used for model selection and the last is reported. */
  readonly tests: readonly TestSplit[];
}

/** The data of a run. */
export interface Splits extends Tests {
  readonly train: Dataset;
}

type OnProgress = (event: Progress) => void;

/** FER2013 if a file is given, otherwise synthetic faces. */
export async function loadSplits(options: Options, onProgress: OnProgress): Promise<Splits> {
  const { data, limit, seed } = options;
  if (data === null) {
    const validation = syntheticFaces({ n: 500, seed: `${seed}/validation` });
    const { title, tests } = drawnTests(seed);
    return {
      title,
      tests: [{ name: 'Validation', dataset: validation }, ...tests],
      train: syntheticFaces({ n: limit ?? 3000, seed: `${seed}/train` }),
    };
  }
  const { train, ...rest } = await readFer2013(data, onProgress);
  if (train.n === 0) throw new FerError('INVALID_DATA', 'there are no Training rows to train on.', { file: data });
  return { ...rest, train: limit ? stratifiedSubset(train, limit, { seed }) : train };
}

/** Only the test splits. */
export async function loadTests({ data, seed }: Options, onProgress: OnProgress): Promise<Tests> {
  return data === null ? drawnTests(seed) : readFer2013(data, onProgress);
}

function drawnTests(seed: number): Tests {
  return {
    title: 'Synthetic faces',
    tests: [{ name: 'Test', dataset: syntheticFaces({ n: 1000, seed: `${seed}/test` }) }],
  };
}

async function readFer2013(file: string, onProgress: OnProgress): Promise<Splits> {
  const { train, publicTest, privateTest } = await loadFer2013(file, { onProgress });
  const tests: TestSplit[] = [];
  if (publicTest) tests.push({ name: 'PublicTest', dataset: publicTest });
  if (privateTest) tests.push({ name: 'PrivateTest', dataset: privateTest });
  if (tests.length === 0) {
    throw new FerError('INVALID_DATA', 'there are no PublicTest or PrivateTest rows to evaluate on.', { file });
  }
  return { title: 'FER2013', train, tests };
}
