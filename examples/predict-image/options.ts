import type { ImageBox } from 'fer-data/node';
import { flag, type Option, readCommandLine, text, UsageError } from '../shared/commandLine.js';

/** What the command line asks for. */
export interface Options {
  /** Image files, one or more. */
  readonly files: readonly string[];
  /** A shipped classifier, or a folder of a saved one. */
  readonly model: string;
  /** Where the face is in each of the files. */
  readonly box?: ImageBox;
  /** Whether the last line printed is one JSON object with every figure. */
  readonly json: boolean;
}

const box: Option<ImageBox | undefined> = {
  value: 'x,y,width,height',
  about: 'Where the face is, in pixels. Default: the whole image.',
  read([given], name) {
    if (given === undefined) return undefined;
    const match = /^(\d+),(\d+),(\d+),(\d+)$/.exec(given);
    if (!match) throw new UsageError(`--${name} is "${given}": give x,y,width,height in whole pixels.`);
    const [x, y, width, height] = match.slice(1).map(Number);
    return { x, y, width, height };
  },
};

/** Reads the command line; a wrong one ends the program. */
export function readOptions(args: readonly string[]): Options {
  return readCommandLine(
    {
      command: 'npm run predict-image --',
      about: 'Classifies photos of faces.',
      files: { value: 'IMAGE…', about: 'Photos, each of one face.' },
      options: {
        model: text('NAME|DIR', 'A classifier that ships, or a saved one.', 'compact-vgg/softmax'),
        box,
        json: flag('Print all figures as one line of JSON at the end.'),
      },
    },
    args,
  );
}
