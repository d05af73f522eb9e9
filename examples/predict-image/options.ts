import { parseArgs } from 'node:util';
import type { ImageBox } from 'fer-data/node';

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

const USAGE = 'npm run predict-image -- FILE… [--model NAME|DIR] [--box x,y,width,height] [--json]';

/** Reads the command line; a wrong one ends the program with a usage line. */
export function readOptions(args: readonly string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        model: { type: 'string', default: 'compact-vgg/softmax' },
        box: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    if (positionals.length === 0) throw new Error('No image given.');
    const { model, box, json } = values;
    return { files: positionals, model, box: box === undefined ? undefined : readBox(box), json };
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: ${USAGE}`);
    process.exit(2);
  }
}

function readBox(text: string): ImageBox {
  const match = /^(\d+),(\d+),(\d+),(\d+)$/.exec(text);
  if (!match) throw new Error(`--box is "${text}": give x,y,width,height in whole pixels.`);
  const [x, y, width, height] = match.slice(1).map(Number);
  return { x, y, width, height };
}
