import { flag, number, path, readCommandLine, required, texts } from '../shared/commandLine.js';

/** What the command line asks for. */
export interface Options {
  /** Shipped classifiers by name, saved ones by folder: one, or several to average. */
  readonly models: readonly string[];
  /** A csv like FER2013's, or a folder of images. */
  readonly data: string;
  readonly threads?: number;
  /** Whether the last line printed is one JSON object with every figure. */
  readonly json: boolean;
}

const models = texts('NAME|DIR', 'A classifier that ships, or a saved one; several are averaged.');

/** Reads the command line; a wrong one ends the program. */
export function readOptions(args: readonly string[]): Options {
  const { model, data, threads, json } = readCommandLine(
    {
      command: 'npm run evaluate --',
      about: 'Measures a classifier on labelled faces.',
      options: {
        model: required({
          ...models,
          read: (given, name) => (given.length > 0 ? models.read(given, name) : undefined),
        }),
        data: required(
          path('FILE.csv[.gz]|FOLDER', 'FER2013, or a folder with a folder of images for each class.', {
            of: 'file or folder',
          }),
        ),
        threads: number('N', 'Default: one for each core.', undefined, { from: 1 }),
        json: flag('Print all figures as one line of JSON at the end.'),
      },
    },
    args,
  );
  return { models: model, data, threads, json };
}
