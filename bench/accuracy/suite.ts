import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { stratifiedSubset } from 'fer-data';
import { loadFer2013 } from 'fer-data/node';
import { type Evaluation, evaluate } from 'fer-eval';
import { pretrainedNames } from 'fer-models';
import { findPackage } from './findPackage.js';
import type { Answer } from './program.js';

/** A program that classifies, and the package that it needs if that is not ours. */
interface Contestant {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly needs?: string;
}

type Figures = Pick<Evaluation, 'accuracy' | 'accuracyInterval' | 'balancedAccuracy'> & {
  readonly name: string;
  readonly recall: Readonly<Record<string, number>>;
  readonly imagesPerSecond: number;
};

const execute = promisify(execFile);
const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const USAGE = `Usage: npm run bench -- accuracy --data FILE.csv[.gz] [--split PublicTest|PrivateTest] [--limit N]
                                 [--threads N] [--json]`;

/**
 * Evaluates our shipped classifiers and the expression models of face-api and human on the same faces. The faces are
 * passed directly to each network, so detection plays no role. Each runs in its own process, on tfjs' WebAssembly
 * backend.
 *
 *   npm run bench -- accuracy --data fer2013.csv.gz [--split PublicTest] [--json]
 *     --limit N     a stratified subset
 *     --threads N   threads of our classifiers; the peers' backend has one
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      split: { type: 'string', default: 'PublicTest' },
      limit: { type: 'string' },
      threads: { type: 'string', default: String(cpus().length) },
      json: { type: 'boolean' },
    },
  });
  const { data, split, limit, threads } = values;
  if (!data || !['PublicTest', 'PrivateTest'].includes(split)) {
    console.error(USAGE);
    process.exit(2);
  }
  const { publicTest, privateTest } = await loadFer2013(data);
  const whole = split === 'PublicTest' ? publicTest : privateTest;
  if (!whole) throw new Error(`${data} has no ${split} rows.`);
  const faces = limit ? stratifiedSubset(whole, Number(limit), { seed: 1 }) : whole;
  console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}; ${faces.n} faces of ${split}\n`);

  const contestants: Contestant[] = [
    ...pretrainedNames.map((name) => ({ name: `fer-models, ${name}`, script: 'fer.ts', args: [name, threads] })),
    { name: 'face-api, faceExpressionNet', script: 'faceApi.ts', args: [], needs: '@vladmandic/face-api' },
    { name: 'human, emotion', script: 'human.ts', args: [], needs: '@vladmandic/human' },
  ];
  const work = await mkdtemp(join(tmpdir(), 'fer-bench-'));
  const results: Figures[] = [];
  try {
    const file = join(work, 'faces');
    await writeFile(file, faces.images);
    for (const { name, script, args: more, needs } of contestants) {
      if (needs && !findPackage(needs)) {
        console.log(`${name}: left out, not installed: npm install --no-save @vladmandic/face-api @vladmandic/human`);
        continue;
      }
      const program = [local('../../node_modules/tsx/dist/cli.mjs'), '--tsconfig', local('../../tsconfig.json')];
      const { stdout } = await execute(process.execPath, [...program, local(script), file, ...more], {
        maxBuffer: 1 << 24,
      });
      const { predicted, imagesPerSecond } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Answer;
      const evaluation = evaluate({ actual: faces.labels, predicted, classes: faces.classes });
      const { accuracy, accuracyInterval, balancedAccuracy, perClass } = evaluation;
      const recall = Object.fromEntries(perClass.map((metrics) => [metrics.name, metrics.recall]));
      results.push({ name, accuracy, accuracyInterval, balancedAccuracy, recall, imagesPerSecond });
      print(results.at(-1)!);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  if (values.json) {
    console.log(JSON.stringify({ processor: cpus()[0].model, node: process.version, split, n: faces.n, results }));
  }
}

function print({ name, accuracy, accuracyInterval, imagesPerSecond }: Figures): void {
  const percent = (share: number) => (100 * share).toFixed(2);
  const { low, high } = accuracyInterval;
  console.log(
    `${name.padEnd(32)} ${percent(accuracy)} % (95 % interval ${percent(low)}–${percent(high)})   ${imagesPerSecond.toFixed(0)} images/s`,
  );
}
