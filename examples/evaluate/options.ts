import { flag, number, path, readCommandLine, required, texts } from '../shared/commandLine.js';

/** The options of the command line. */
export interface Options {
  /** Shipped classifiers by name, saved ones by folder. The predictions of several are averaged. */
  readonly models: readonly string[];
  /** A csv like FER2013's, or a folder of images. */
  readonly data: string;
  readonly threads?: number;
  /** Whether to print one JSON object with all figures as the last line. */
  readonly json: boolean;
}

const models = texts('NAME|DIR', 'A shipped classifier, or the folder of a saved one; several are averaged.');

/** Parses the command line. A wrong one ends the program. */
export function readOptions(args: readonly string[]): Options {
  const { model, data, threads, json } = readCommandLine(
    {
      command: 'npm run evaluate --',
      about: 'Evaluates a classifier on labelled faces.',
      options: {
        model: required({
          ...models,
          read: (given, name) => (given.length > 0 ? models.read(given, name) : undefined),
        }),
        data: required(
          path('FILE.csv[.gz]|FOLDER', 'FER2013, or a folder with one folder of images per class.', {
            of: 'file or folder',
          }),
        ),
        threads: number('N', 'Number of threads. Default: one per core.', undefined, { from: 1 }),
        json: flag('Print all figures as one line of JSON at the end.'),
      },
    },
    args,
  );
  return { models: model, data, threads, json };
}
