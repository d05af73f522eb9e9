import { join } from 'node:path';
import { clock, percent } from '../shared/progressBar.js';
import type { Run } from './report.js';

/** Prints a line a head, and where everything is. */
export function printTable({ tests, training, heads, options, description }: Run, file: string): void {
  const worse = heads[0].robustness !== undefined;
  const header = [
    ...['head', ...tests.map(({ name }) => name)],
    ...(worse ? ['on worse pictures'] : []),
    ...(training ? ['fit'] : []),
  ];
  const rows = heads.map(({ name, accuracy, fit, robustness }) => [
    ...[name, ...tests.map((test) => percent(accuracy[test.name]))],
    ...(robustness ? [percent(robustness.meanCorruptionAccuracy)] : []),
    ...(training
      ? [fit ? `${fit.seconds.toFixed(1)} s${fit.converged ? '' : ' (not converged)'}` : 'with the backbone']
      : []),
  ]);
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('   ')
      .trimEnd();
  if (training) console.log(`\nTrained ${options.epochs} epochs in ${clock(training.seconds)}.`);
  if (description) console.log(`\n${description}`);
  console.log(['', line(header), widths.map((width) => '─'.repeat(width)).join('───'), ...rows.map(line)].join('\n'));
  console.log(`\nReport: ${file}`);
  const saved = heads.flatMap(({ folder }) => (folder ? [join(options.out, folder)] : []));
  if (saved.length > 0) console.log(`Classifiers: ${saved.join(', ')}`);
}
