import { number, type Option, readCommandLine, text, UsageError } from '../shared/commandLine.js';
import { DEFAULT_MODEL } from '../shared/defaultModel.js';

/** What the command line asks for. */
export interface Options {
  /** 0 for any that is free. */
  readonly port: number;
  readonly host: string;
  /** A shipped classifier, or a folder of a saved one. */
  readonly model: string;
  /** How carefully faces are looked for. */
  readonly mode: 'fast' | 'thorough';
}

const mode: Option<Options['mode']> = {
  value: 'MODE',
  about: 'How faces are looked for: fast or thorough. Default: thorough.',
  read([given = 'thorough'], name) {
    if (given === 'fast' || given === 'thorough') return given;
    throw new UsageError(`--${name} is "${given}": it must be fast or thorough.`);
  },
};

/** Reads the command line; a wrong one ends the program. */
export function readOptions(args: readonly string[]): Options {
  const {
    port,
    host,
    model,
    mode: careful,
  } = readCommandLine(
    {
      command: 'npm run serve --',
      about: 'Serves expressions over HTTP: post a photo to /expressions, and its faces come back as JSON.',
      options: {
        port: number('N', 'Port to listen on; 0 takes any that is free.', 3000, { from: 0, to: 65_535 }),
        host: text('HOST', 'Address to listen on.', '127.0.0.1'),
        model: text('NAME|DIR', 'A classifier that ships, or a saved one.', DEFAULT_MODEL),
        mode,
      },
    },
    args,
  );
  return { port, host, model, mode: careful };
}
