/**
 * Distributes an experiment, an extraction of features or a labelling job over several machines:
 *
 *   npm run cluster -- enqueue experiment --backbone shallow-cnn:epochs=5 --head softmax --head l2svm:C=0.001
 *   npm run cluster -- work                on as many machines as you like
 *   npm run cluster -- status
 *   npm run cluster -- report
 *
 * See README.md in this folder.
 */
import { explain } from '../shared/explain.js';
import { commands, overview } from './options.js';

const [command, ...args] = process.argv.slice(2);

async function main(): Promise<void> {
  if (command === undefined || command === '--help' || command === '-h') {
    console.log(overview());
    if (command === undefined) process.exitCode = 2;
    return;
  }
  // Each command is loaded only when used, because some need no classifier.
  if (command === 'work') {
    const options = commands.work(args);
    return (await import('./commands/work.js')).work(options);
  }
  if (command === 'status') {
    const options = commands.status(args);
    return (await import('./commands/status.js')).status(options);
  }
  if (command === 'report') {
    const options = commands.report(args);
    return (await import('./commands/report.js')).report(options);
  }
  if (command === 'enqueue') {
    const [kind, ...rest] = args;
    if (kind === 'experiment') {
      const options = commands.experiment(rest);
      return (await import('./commands/enqueue.js')).enqueueExperiment(options);
    }
    if (kind === 'features') {
      const options = commands.features(rest);
      return (await import('./commands/enqueue.js')).enqueueFeatures(options);
    }
    if (kind === 'labels') {
      const options = commands.labels(rest);
      return (await import('./commands/enqueue.js')).enqueueLabels(options);
    }
  }
  console.error(`There is no command "${process.argv.slice(2, 4).join(' ')}".\n\n${overview()}`);
  process.exit(2);
}

await main().catch(explain);
