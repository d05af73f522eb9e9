import { availableParallelism } from 'node:os';
import {
  flag,
  number,
  type Option,
  path,
  readCommandLine,
  required,
  text,
  texts,
  UsageError,
  wrap,
} from '../shared/commandLine.js';
import { DEFAULT_MODEL } from '../shared/defaultModel.js';

const COMMAND = 'npm run cluster --';

/** The options of all commands that locate the queue and the store. */
const places = {
  store: text(
    'DIR|s3://BUCKET/PREFIX',
    'Where inputs and results are kept. All machines must reach it.',
    'out/cluster',
  ),
  redis: text(
    'URL',
    'redis://[user:password@]host:port. Default: $REDIS_URL, or else a redis-server that is started for this ' +
      'machine only.',
    process.env.REDIS_URL,
  ),
  queue: text('NAME', 'Name of the queue, if several share a Redis.', 'fer'),
} as const;

const job = text('ID', 'The id of the job, or a prefix of it. Default: all jobs of the store.', undefined);

const adding = {
  retry: flag('Retry parts that were set aside.'),
  attempts: number('N', 'Attempts before a failing part is set aside.', 3, { from: 1 }),
} as const;

const faces = {
  data: path('FILE.csv[.gz]|DIR', 'FER2013, or a folder with a folder of images for each class.', {
    of: 'file or folder',
  }),
  synthetic: number('N', 'How many synthetic faces to draw without --data.', 2000, { from: 8 }),
} as const;

const model = text('NAME|DIR', 'A shipped classifier, or the folder of a saved one.', DEFAULT_MODEL);

/** Whole numbers, separated by commas. */
const seeds: Option<readonly number[]> = {
  value: 'N,…',
  about: 'Seeds. Default: 1,2,3.',
  read([given = '1,2,3'], name) {
    const read = given.split(',').map((one) => (one.trim() === '' ? Number.NaN : Number(one)));
    if (read.every(Number.isSafeInteger)) return read;
    throw new UsageError(`--${name} is "${given}": give whole numbers, separated by commas.`);
  },
};

const several = (value: string, about: string, absent: readonly string[]): Option<readonly string[]> => ({
  ...texts(value, `${about} Default: ${absent.join(' ')}.`),
  read: (given) => (given.length > 0 ? given : absent),
});

/** Parses the options of every command. A wrong command line ends the program. */
export const commands = {
  experiment: (args: readonly string[]) =>
    readCommandLine(
      {
        command: `${COMMAND} enqueue experiment`,
        about: 'Enqueues a grid: every backbone × every seed × every head.',
        options: {
          ...faces,
          backbone: several('NAME[:epochs=N,learningRate=R]', 'shallow-cnn or compact-vgg.', ['shallow-cnn']),
          head: several('NAME[:C=N]', 'softmax, l2svm or rbf-svm.', ['softmax', 'l2svm']),
          seeds,
          ...adding,
          ...places,
        },
      },
      args,
    ),
  features: (args: readonly string[]) =>
    readCommandLine(
      {
        command: `${COMMAND} enqueue features`,
        about: "Enqueues the extraction of a backbone's features, in parts.",
        options: {
          ...faces,
          model,
          rows: number('N', 'Faces per part.', 4096, { from: 1 }),
          ...adding,
          ...places,
        },
      },
      args,
    ),
  labels: (args: readonly string[]) =>
    readCommandLine(
      {
        command: `${COMMAND} enqueue labels`,
        about: 'Enqueues the labelling of pictures, in parts: a csv with one line per face.',
        options: {
          pictures: required(
            text('DIR|s3://BUCKET/PREFIX', 'The pictures, in a place that all workers can reach.', undefined),
          ),
          model,
          whole: flag('Classify whole pictures, for faces that are already cropped.'),
          rows: number('N', 'Pictures per part.', 256, { from: 1 }),
          ...adding,
          ...places,
        },
      },
      args,
    ),
  work: (args: readonly string[]) =>
    readCommandLine(
      {
        command: `${COMMAND} work`,
        about:
          'Runs the parts of all jobs on a queue until it is stopped: Ctrl+C or SIGTERM lets the running parts finish, ' +
          'or hands them back.',
        options: {
          concurrency: number('N', 'Parts at a time.', availableParallelism(), { from: 1 }),
          threads: number('N', 'Threads per part.', 1, { from: 1 }),
          'until-empty': flag('End when the queue is empty.'),
          grace: number('SECONDS', 'How long running parts may continue after a stop.', 20, {
            from: 0,
            whole: false,
          }),
          lock: number('SECONDS', 'After this time another worker takes over a part if this worker was killed.', 30, {
            from: 1,
            whole: false,
          }),
          ...places,
        },
      },
      args,
    ),
  status: (args: readonly string[]) =>
    readCommandLine(
      {
        command: `${COMMAND} status`,
        about: 'Shows the progress and speed of jobs, and the parts that were set aside.',
        options: { job, json: flag('Print one line of JSON per job.'), ...places },
      },
      args,
    ),
  report: (args: readonly string[]) =>
    readCommandLine(
      {
        command: `${COMMAND} report`,
        about:
          'Collects the results of a job: a table of accuracies, a csv of labels, or the location of the features.',
        options: {
          job,
          out: text(
            'FILE',
            'Where to write the csv, or the cells as JSON. Default: labels-ID.csv or cells-ID.json.',
            undefined,
          ),
          partial: flag('Report even if parts are missing.'),
          ...places,
        },
      },
      args,
    ),
} as const;

/** The values of a command's options. */
export type OptionsOf<Name extends keyof typeof commands> = ReturnType<(typeof commands)[Name]>;

/** The text of `npm run cluster -- --help`. */
export function overview(): string {
  const rows = [
    ['enqueue experiment', 'A grid: every backbone × every seed × every head.'],
    ['enqueue features', "A backbone's features of many faces."],
    ['enqueue labels', 'The expressions of many pictures.'],
    ['work', 'Runs queued parts, on any number of machines.'],
    ['status', 'The progress of jobs.'],
    ['report', 'The results.'],
  ];
  const lines = rows.map(([name, about]) => `  ${name.padEnd(18)}  ${wrap(about, 58, 22)}`);
  return (
    'Distributes work over machines: jobs on BullMQ and Redis, inputs and results in a folder or in S3.\n\n' +
    `Usage: ${COMMAND} COMMAND [options]\n\n${lines.join('\n')}\n\n${COMMAND} COMMAND --help shows its options.`
  );
}
