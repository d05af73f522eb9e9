import type { ImageBox } from 'fer-data/node';
import { endOn, flag, type Option, readCommandLine, text, UsageError } from '../shared/commandLine.js';
import { DEFAULT_MODEL } from '../shared/defaultModel.js';

/** What the command line asks for. */
export interface Options {
  /** Image files, one or more. */
  readonly files: readonly string[];
  /** A shipped classifier, or a folder of a saved one. */
  readonly model: string;
  /** Which part of each file to read: the faces that are found in it, the whole picture, or a box. */
  readonly part: 'faces' | 'whole' | ImageBox;
  /** A folder for pictures with the boxes drawn. */
  readonly out?: string;
  /** Whether the last line printed is one JSON object with every figure. */
  readonly json: boolean;
}

const box: Option<ImageBox | undefined> = {
  value: 'x,y,width,height',
  about: 'Read this part of each photo, in pixels, instead of looking for faces.',
  read([given], name) {
    if (given === undefined) return undefined;
    const numbers = given.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    if (numbers.length !== 4 || !numbers.every(Number.isFinite)) {
      throw new UsageError(`--${name} is "${given}": give x,y,width,height in pixels.`);
    }
    const [x, y, width, height] = numbers;
    return { x, y, width, height };
  },
};

const COMMAND = 'npm run predict-image --';

/** Reads the command line; a wrong one ends the program. */
export function readOptions(args: readonly string[]): Options {
  const {
    files,
    model,
    box: within,
    whole,
    out,
    json,
  } = readCommandLine(
    {
      command: COMMAND,
      about: 'Finds the faces of photos and reads their expressions.',
      files: { value: 'IMAGE…', about: 'Photos.' },
      options: {
        model: text('NAME|DIR', 'A classifier that ships, or a saved one.', DEFAULT_MODEL),
        out: text('DIR', 'Also write each photo into DIR, with its faces boxed and labelled.', undefined),
        box,
        whole: flag('Read each picture whole: for faces that are cropped already.'),
        json: flag('Print all figures as one line of JSON at the end.'),
      },
    },
    args,
  );
  const part = within ?? (whole ? 'whole' : 'faces');
  if (within && whole) endOn(COMMAND, new UsageError('Both --box and --whole are given: give one of them.'));
  if (out !== undefined && part !== 'faces') {
    endOn(COMMAND, new UsageError('--out draws the faces that are found: leave out --box and --whole.'));
  }
  return { files, model, part, out, json };
}
