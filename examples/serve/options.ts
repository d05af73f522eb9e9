import type { DetectorMode } from 'fer-faces';
import { number, type Option, readCommandLine, text, UsageError } from '../shared/commandLine.js';
import { DEFAULT_MODEL } from '../shared/defaultModel.js';

const mode: Option<DetectorMode> = {
  about: 'How faces are looked for: thorough suits photographs, fast the frames of cameras. Default: thorough.',
  value: 'thorough|fast',
  read([given = 'thorough'], name) {
    if (given === 'thorough' || given === 'fast') return given;
    throw new UsageError(`--${name} is "${given}": it must be thorough or fast.`);
  },
};

const anyPort = number('N', 'Where it listens; 0 takes a free one.', 3000, { from: 0 });

const PROGRAM = {
  command: 'npm run serve --',
  about:
    'Serves expressions over HTTP: POST a JPEG, PNG or WebP to /expressions and get its faces as JSON. GET /health tells whether it is well, GET /metrics what it counts.',
  options: {
    port: {
      ...anyPort,
      read(texts: readonly string[], name: string): number {
        const port = anyPort.read(texts, name);
        if (port > 65_535) throw new UsageError(`--${name} is "${port}": it must be at most 65535.`);
        return port;
      },
    },
    host: text('ADDRESS', 'Of the network interface; 0.0.0.0 listens on all.', '127.0.0.1'),
    model: text('NAME|DIR', 'A shipped classifier, or the folder of a saved one.', DEFAULT_MODEL),
    mode,
  },
} as const;

/** What the command line asks for. */
export type Options = ReturnType<typeof readOptions>;

/** Reads the command line. `--help` and mistakes end the program before anything else happens. */
export function readOptions(args: readonly string[]) {
  return readCommandLine(PROGRAM, args);
}
