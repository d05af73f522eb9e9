import { endOn, flag, number, numbers, path, readCommandLine, text, texts, UsageError } from '../shared/commandLine.js';

/** The options of the command line. */
export interface Options {
  /** FER2013 as csv, plain or gzip; synthetic faces if absent. */
  readonly data: string | null;
  /** Classifiers to evaluate instead of training: shipped ones by name, saved ones by folder. */
  readonly models: readonly string[];
  readonly epochs: number;
  /** Number of training images: a stratified subset. */
  readonly limit: number | null;
  readonly learningRate: number;
  /** C of the SVM heads. */
  readonly C: readonly number[];
  readonly seed: number;
  readonly threads: number | null;
  /** Whether to measure accuracies on corrupted pictures too. */
  readonly robustness: boolean;
  /** Folder for the report and the saved classifiers. */
  readonly out: string;
  /** Whether to open the report at the end. */
  readonly open: boolean;
  /** Whether to print one JSON object with all figures as the last line. */
  readonly json: boolean;
}

const PROGRAM = {
  command: 'npm start --',
  about:
    'Trains a ShallowCNN, puts a softmax and linear L2-SVMs on its features, compares them in pairs and writes a ' +
    'report. With --model it evaluates trained classifiers instead.',
  options: {
    data: path('FILE.csv[.gz]', 'FER2013. Default: synthetic faces.', { of: 'file' }),
    model: texts('NAME|DIR', 'Evaluate a shipped classifier, or the folder of a saved one.'),
    epochs: number('N', 'Passes over the training faces. Default: 30; 8 for synthetic faces.', undefined, { from: 1 }),
    limit: number('N', 'Train only on this many faces.', undefined, { from: 1 }),
    'learning-rate': number('R', 'Initial learning rate. Default: 3e-4; 1e-3 for synthetic faces.', undefined, {
      from: Number.MIN_VALUE,
      whole: false,
    }),
    C: numbers('A,B…', 'C of the SVMs. Default: 1e-3,1e-2.'),
    robustness: flag('Also measure accuracies on corrupted pictures.'),
    seed: number('N', 'Seed of all random numbers.', 1, { from: 0 }),
    threads: number('N', 'Number of threads. Default: one per core.', undefined, { from: 1 }),
    out: text('DIR', 'Folder for the report and the classifiers.', 'out/compare-heads'),
    open: flag('Open the report at the end.'),
    json: flag('Print all figures as one line of JSON at the end.'),
  },
} as const;

/** Options for training, which can't be combined with `--model`. */
const OF_TRAINING = ['epochs', 'limit', 'learning-rate', 'C'] as const;

/** Parses the command line. A wrong one ends the program. */
export function readOptions(args: readonly string[]): Options {
  const values = readCommandLine(PROGRAM, args);
  try {
    const idle = values.model.length > 0 && OF_TRAINING.find((name) => values[name] !== undefined);
    if (idle) throw new UsageError(`--model skips training: leave out --${idle}.`);
    if (new Set(values.model).size < values.model.length) throw new UsageError('--model names one classifier twice.');
  } catch (error) {
    endOn(PROGRAM.command, error);
  }
  const { data, model, epochs, limit, C, threads, ...others } = values;
  return {
    data: data ?? null,
    models: model,
    epochs: epochs ?? (data ? 30 : 8),
    limit: limit ?? null,
    learningRate: values['learning-rate'] ?? (data ? 3e-4 : 1e-3),
    C: C ?? [1e-3, 1e-2],
    seed: others.seed,
    threads: threads ?? null,
    robustness: others.robustness,
    out: others.out,
    open: others.open,
    json: others.json,
  };
}
