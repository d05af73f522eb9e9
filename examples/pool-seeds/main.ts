/**
 * Pools what `npm run train` left for several seeds: how each head did against the one trained with the backbone, over
 * all of them.
 *
 *   npx tsx examples/pool-seeds/main.ts out/train/shallow-cnn-1 out/train/shallow-cnn-2 out/train/shallow-cnn-3
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Comparison, holmCorrection, mcnemarTest } from 'fer-eval';
import { percent } from '../shared/progressBar.js';

const runs: Comparison[] = await Promise.all(
  process.argv.slice(2).map(async (run) => JSON.parse(await readFile(join(run, 'comparison.json'), 'utf8'))),
);
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
const pooled = runs[0].classifiers.map(({ name }) => {
  const seeds = runs.map((run) => run.classifiers.find((one) => one.name === name)!);
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
