import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface Options {
  /** FER2013 as csv, plain or gzip; synthetic faces where absent. */
  readonly data: string | null;
  /** Classifiers to measure instead of training: shipped ones by name, saved ones by folder. */
  readonly models: readonly string[];
  readonly epochs: number;
  /** Training images: a stratified subset of that many. */
  readonly limit: number | null;
  readonly learningRate: number;
  /** Of the SVM heads. */
  readonly C: readonly number[];
  readonly seed: number;
  readonly threads: number | null;
  /** Whether accuracies on worse pictures are measured, too. */
  readonly robustness: boolean;
  /** Folder of the report and the saved classifiers. */
  readonly out: string;
  /** Whether the last line printed is one JSON object with every figure. */
  readonly json: boolean;
}

const USAGE = `npm start -- [--data FILE.csv[.gz]] [--epochs N] [--limit N] [--learning-rate R] [--C A,B…]
       npm start -- --model NAME|DIR [--model …] [--data FILE.csv[.gz]]
       both: [--robustness] [--seed N] [--threads N] [--out DIR] [--json]`;

/** What says how to train: of no meaning with `--model`. */
const OF_TRAINING = ['epochs', 'limit', 'learning-rate', 'C'] as const;

/** Reads the command line; a wrong one ends the program with a usage line. */
export function readOptions(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        data: { type: 'string' },
        epochs: { type: 'string' },
        limit: { type: 'string' },
        'learning-rate': { type: 'string' },
        C: { type: 'string' },
        model: { type: 'string', multiple: true, default: [] },
        robustness: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        threads: { type: 'string' },
        out: { type: 'string', default: 'out/compare-heads' },
        json: { type: 'boolean', default: false },
      },
    });
    const idle = values.model.length > 0 && OF_TRAINING.find((name) => values[name] !== undefined);
    if (idle) throw new Error(`--model skips training: leave out --${idle}.`);
    if (new Set(values.model).size < values.model.length) throw new Error('--model names one classifier twice.');
    return {
      data: values.data ?? null,
      models: values.model,
      epochs: number('epochs', values.epochs ?? (values.data ? '30' : '8')),
      limit: values.limit === undefined ? null : number('limit', values.limit),
      learningRate: number('learning-rate', values['learning-rate'] ?? (values.data ? '3e-4' : '1e-3')),
      C: (values.C ?? '1e-3,1e-2').split(',').map((c) => number('C', c)),
      seed: number('seed', values.seed),
      threads: values.threads === undefined ? null : number('threads', values.threads),
      robustness: values.robustness,
      out: values.out,
      json: values.json,
    };
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: ${USAGE}`);
    process.exit(2);
  }
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new Error(`--${name} is "${text}": it must be a number.`);
  return value;
}
