import type { DetectorMode } from 'fer-faces';
import { number, type Option, readCommandLine, text, UsageError } from '../shared/commandLine.js';
import { DEFAULT_MODEL } from '../shared/defaultModel.js';

const mode: Option<DetectorMode> = {
  about: 'Mode of face detection: thorough for photographs, fast for camera frames. Default: thorough.',
  value: 'thorough|fast',
  read([given = 'thorough'], name) {
    if (given === 'thorough' || given === 'fast') return given;
    throw new UsageError(`--${name} is "${given}": it must be thorough or fast.`);
  },
};

const anyPort = number('N', 'Port; 0 chooses a free one.', 3000, { from: 0 });

const PROGRAM = {
  command: 'npm run serve --',
  about:
    'Serves facial expression recognition over HTTP: POST a JPEG, PNG or WebP file to /expressions to get its faces as JSON. GET /health returns the state of the server, GET /metrics its metrics.',
  options: {
    port: {
      ...anyPort,
      read(texts: readonly string[], name: string): number {
        const port = anyPort.read(texts, name);
        if (port > 65_535) throw new UsageError(`--${name} is "${port}": it must be at most 65535.`);
        return port;
      },
    },
    host: text('ADDRESS', 'Address of the network interface; 0.0.0.0 listens on all.', '127.0.0.1'),
    model: text('NAME|DIR', 'A shipped classifier, or the folder of a saved one.', DEFAULT_MODEL),
    mode,
  },
} as const;

/** The options of the command line. */
export type Options = ReturnType<typeof readOptions>;

/** Parses the command line. `--help` and mistakes end the program before anything else happens. */
export function readOptions(args: readonly string[]) {
  return readCommandLine(PROGRAM, args);
}
