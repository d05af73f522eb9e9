import { join } from 'node:path';
import type { Comparison, Verdict } from 'fer-eval';
import { wrap } from '../shared/commandLine.js';
import { clock, count, percent } from '../shared/format.js';
import type { Run } from './report.js';

const VERDICTS: Record<Verdict, string> = {
  baseline: 'baseline',
  better: 'better',
  worse: 'worse',
  undecided: "can't tell",
};

/** Prints a line per head: its accuracies, and its comparison with the first head on the last split. */
export function printTable({ tests, training, heads, options }: Run, { classifiers }: Comparison): void {
  const worse = heads[0].robustness !== undefined;
  const compared = heads.length > 1;
  const header = [
    'head',
    ...tests.map(({ name }) => name),
    ...(worse ? ['worse pictures'] : []),
    ...(training ? ['fit'] : []),
    ...(compared ? ['verdict'] : []),
  ];
  const rows = heads.map(({ name, accuracy, fit, robustness }) => [
    name,
    ...tests.map((test) => percent(accuracy[test.name])),
    ...(robustness ? [percent(robustness.meanCorruptionAccuracy)] : []),
    ...(training ? [fit ? `${fit.seconds.toFixed(1)} s${fit.converged ? '' : ' (not converged)'}` : '–'] : []),
    ...(compared ? [VERDICTS[classifiers.find((one) => one.name === name)!.verdict]] : []),
  ]);
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('   ')
      .trimEnd();
  if (training) console.log(`\nTrained ${count(options.epochs, 'epoch')} in ${clock(training.seconds)}.`);
  console.log(['', line(header), widths.map((width) => '─'.repeat(width)).join('───'), ...rows.map(line)].join('\n'));
}

/** Prints the conclusions of the report, and the paths of all outputs. */
export function printConclusion({ heads, options, description }: Run, summary: readonly string[], file: string): void {
  const width = Math.min(process.stdout.columns ?? 80, 100);
  if (description !== undefined) console.log(`\n${wrap(description, width, 0)}`);
  console.log();
  for (const sentence of summary) console.log(`• ${wrap(sentence, width - 2, 2)}`);
  console.log(`\nReport: ${file}`);
  const saved = heads.flatMap(({ folder }) => (folder ? [join(options.out, folder)] : []));
  if (saved.length > 0) console.log(`Classifiers:\n${saved.map((folder) => `  ${folder}`).join('\n')}`);
}
