import { endOn, flag, number, numbers, path, readCommandLine, text, texts, UsageError } from '../shared/commandLine.js';

/** What the command line asks for. */
export interface Options {
  /** FER2013 as csv, plain or gzip; synthetic faces where absent. */
  readonly data: string | null;
  /** Classifiers to measure instead of training: shipped ones by name, saved ones by folder. */
  readonly models: readonly string[];
  readonly epochs: number;
  /** Training images: a stratified subset of that many. */
  readonly limit: number | null;
  readonly learningRate: number;
  /** Of the SVM heads. */
  readonly C: readonly number[];
  readonly seed: number;
  readonly threads: number | null;
  /** Whether accuracies on worse pictures are measured, too. */
  readonly robustness: boolean;
  /** Folder of the report and the saved classifiers. */
  readonly out: string;
  /** Whether the report is opened at the end. */
  readonly open: boolean;
  /** Whether the last line printed is one JSON object with every figure. */
  readonly json: boolean;
}

const PROGRAM = {
  command: 'npm start --',
  about:
    'Trains a ShallowCNN, puts a softmax and linear L2-SVMs on its features, compares them in pairs and writes a ' +
    'report. With --model it measures classifiers that are trained already instead.',
  options: {
    data: path('FILE.csv[.gz]', 'FER2013. Default: synthetic faces.', { of: 'file' }),
    model: texts('NAME|DIR', 'Measure a classifier that ships, or a saved one.'),
    epochs: number('N', 'Passes over the training faces. Default: 30, of synthetic faces 8.', undefined, { from: 1 }),
    limit: number('N', 'Train on so many faces only.', undefined, { from: 1 }),
    'learning-rate': number('R', 'At the start. Default: 3e-4, of synthetic faces 1e-3.', undefined, {
      from: Number.MIN_VALUE,
      whole: false,
    }),
    C: numbers('A,B…', 'Of the SVMs. Default: 1e-3,1e-2.'),
    robustness: flag('Measure accuracies on worse pictures, too.'),
    seed: number('N', 'Decides everything random.', 1, { from: 0 }),
    threads: number('N', 'Default: one for each core.', undefined, { from: 1 }),
    out: text('DIR', 'Where the report and the classifiers go.', 'out/compare-heads'),
    open: flag('Open the report at the end.'),
    json: flag('Print all figures as one line of JSON at the end.'),
  },
} as const;

/** What says how to train: of no meaning with `--model`. */
const OF_TRAINING = ['epochs', 'limit', 'learning-rate', 'C'] as const;

/** Reads the command line; a wrong one ends the program. */
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
