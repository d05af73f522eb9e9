/**
 * Pools the results of `npm run train` over several seeds: compares each head with the one trained with the backbone.
 *
 *   npx tsx examples/pool-seeds/main.ts out/train/shallow-cnn-1 out/train/shallow-cnn-2 out/train/shallow-cnn-3
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FerError } from 'fer-core';
import { ioError } from 'fer-core/node';
import { type Comparison, holmCorrection, mcnemarTest } from 'fer-eval';
import { readCommandLine } from '../shared/commandLine.js';
import { explain } from '../shared/explain.js';
import { percent } from '../shared/format.js';

const { files } = readCommandLine(
  {
    command: 'npx tsx examples/pool-seeds/main.ts',
    about:
      'Pools the results of `npm run train` over several seeds: compares each head with the one trained with the backbone.',
    files: { value: 'DIR…', about: 'Folders that `npm run train` wrote, one per seed.' },
    options: {},
  },
  process.argv.slice(2),
);

async function readComparison(run: string): Promise<Comparison> {
  const file = join(run, 'comparison.json');
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw ioError(cause, file);
  });
  try {
    const comparison = JSON.parse(text) as Comparison;
    if (Array.isArray(comparison.classifiers)) return comparison;
  } catch {
    // Text that is not JSON is refused below, like JSON with other contents.
  }
  throw new FerError('CORRUPT', 'this is not a comparison that `npm run train` wrote.', { file });
}

async function main(): Promise<void> {
  const runs = await Promise.all(files.map(readComparison));
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const pooled = runs[0].classifiers.map(({ name }) => {
    const seeds = runs.map((run, i) => {
      const found = run.classifiers.find((one) => one.name === name);
      if (found) return found;
      throw new FerError('INVALID_DATA', `"${name}" was not compared here: give runs of one recipe.`, {
        file: files[i],
      });
    });
    const onlyThis = sum(seeds.map((one) => one.onlyThis));
    const onlyBaseline = sum(seeds.map((one) => one.onlyBaseline));
    const accuracies = seeds.map((one) => one.accuracy);
    return { name, accuracies, onlyThis, onlyBaseline, p: mcnemarTest(onlyThis, onlyBaseline) };
  });
  const others = pooled.filter(({ name }) => name !== runs[0].baseline);
  const adjusted = holmCorrection(others.map(({ p }) => p));
  for (const head of pooled) {
    const { name, accuracies, onlyThis, onlyBaseline } = head;
    const mean = percent(sum(accuracies) / runs.length);
    const versus =
      name === runs[0].baseline
        ? ''
        : `  right alone ${onlyThis} to ${onlyBaseline}, p = ${adjusted[others.indexOf(head)].toPrecision(2)}`;
    console.log(`${name.padEnd(28)} ${accuracies.map(percent).join('  ')}   mean ${mean}${versus}`);
  }
}

await main().catch(explain);
