import type { ImageBox } from 'fer-data/node';
import { endOn, flag, type Option, readCommandLine, text, UsageError } from '../shared/commandLine.js';
import { DEFAULT_MODEL } from '../shared/defaultModel.js';

/** The options of the command line. */
export interface Options {
  /** Paths of the images, one or more. */
  readonly files: readonly string[];
  /** A shipped classifier, or the folder of a saved one. */
  readonly model: string;
  /** Which part of each file to classify: the faces detected in it, the whole picture, or a box. */
  readonly part: 'faces' | 'whole' | ImageBox;
  /** A folder for the pictures with boxes drawn. */
  readonly out?: string;
  /** Whether to print one JSON object with all figures as the last line. */
  readonly json: boolean;
}

const box: Option<ImageBox | undefined> = {
  value: 'x,y,width,height',
  about: 'Classify this part of each photo, in pixels, instead of detecting faces.',
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

/** Parses the command line. A wrong one ends the program. */
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
      about: 'Finds the faces in photos and classifies their expressions.',
      files: { value: 'IMAGE…', about: 'Photos.' },
      options: {
        model: text('NAME|DIR', 'A shipped classifier, or the folder of a saved one.', DEFAULT_MODEL),
        out: text('DIR', 'Also write each photo into DIR, with its faces boxed and labelled.', undefined),
        box,
        whole: flag('Classify whole pictures, for faces that are already cropped.'),
        json: flag('Print all figures as one line of JSON at the end.'),
      },
    },
    args,
  );
  const part = within ?? (whole ? 'whole' : 'faces');
  if (within && whole) endOn(COMMAND, new UsageError('Both --box and --whole are given: give one of them.'));
  if (out !== undefined && part !== 'faces') {
    endOn(COMMAND, new UsageError('--out draws the detected faces: leave out --box and --whole.'));
  }
  return { files, model, part, out, json };
}
