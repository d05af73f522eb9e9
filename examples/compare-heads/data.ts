import type { Dataset, Progress } from 'fer-core';
import { stratifiedSubset, syntheticFaces } from 'fer-data';
import { loadFer2013 } from 'fer-data/node';
import type { Options } from './options.js';

/** A set that heads are judged on. */
export interface TestSplit {
  readonly name: string;
  readonly dataset: Dataset;
}

/** The data of one run. */
export interface Splits {
  readonly title: string;
  readonly train: Dataset;
  /** One or more. */
  readonly tests: readonly TestSplit[];
}

/** FER2013 where a file is given, else synthetic faces. */
export async function loadSplits(
  { data, limit, seed }: Options,
  onProgress: (event: Progress) => void,
): Promise<Splits> {
  if (data === null) {
    const n = limit ?? 3000;
    const tests = [{ name: 'Test', dataset: syntheticFaces({ n: 1000, seed: `${seed}/test` }) }];
    return { title: 'Synthetic faces', train: syntheticFaces({ n, seed: `${seed}/train` }), tests };
  }
  const { train, publicTest, privateTest } = await loadFer2013(data, { onProgress });
  const tests: TestSplit[] = [];
  if (publicTest) tests.push({ name: 'PublicTest', dataset: publicTest });
  if (privateTest) tests.push({ name: 'PrivateTest', dataset: privateTest });
  if (train.n === 0 || tests.length === 0)
    throw new Error(`${data} must have Training and PublicTest or PrivateTest rows.`);
  return { title: 'FER2013', train: limit ? stratifiedSubset(train, limit, { seed }) : train, tests };
}
