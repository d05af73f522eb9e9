import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';
import { median } from '../contestant.js';
import { makeCsv, makeFolder } from './made.js';
import type { Measure } from './programs.js';

/** A program and its arguments. */
interface Contestant {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

interface Suite {
  readonly title: string;
  readonly unit: 'seconds' | 'images/s';
  /** The first one is ours. */
  readonly contestants: readonly Contestant[];
}

type Result = { readonly name: string } & Measure;

/**
 * Measures how fast data are read and augmented, and with how much memory. Each measurement runs in its own process,
 * from scripts bundled beforehand (a compiler at run time would count towards our memory), and contestants alternate.
 * Prints medians and ratios.
 *
 *   --csv FILE      FER2013's csv; by default one of the same size is made of synthetic faces
 *   --images FOLDER FER2013's JPEG files; by default made
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean' },
      rounds: { type: 'string', default: '3' },
      csv: { type: 'string' },
      images: { type: 'string' },
    },
  });
  console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}`);
  const bundle = fileURLToPath(new URL('../dist/data.mjs', import.meta.url));
  await build({
    ...{ entryPoints: [fileURLToPath(new URL('programs.ts', import.meta.url))], outfile: bundle },
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'esm', external: ['sharp', 'fast-csv'] },
    ...{ tsconfig: fileURLToPath(new URL('../../tsconfig.json', import.meta.url)) },
  });
  const work = await mkdtemp(join(tmpdir(), 'fer-bench-'));
  try {
    const csv = values.csv ?? (await makeCsv(join(work, 'fer2013.csv')));
    const images = values.images ?? (await makeFolder(join(work, 'images')));
    const megabytes = ((await stat(csv)).size / 1e6).toFixed(0);
    const node = (name: string, program: string, ...rest: string[]): Contestant => ({
      ...{ name, command: process.execPath, args: [bundle, program, ...rest] },
    });
    const python = fileURLToPath(new URL('csv_peer.py', import.meta.url));
    const suites: Suite[] = [
      {
        title: `csv of ${megabytes} MB`,
        unit: 'seconds',
        contestants: [
          node('fer-data', 'load', csv),
          node('fer-data, from its cache', 'cached', csv, join(work, 'cached.csv')),
          node('fast-csv and split', 'fast-csv', csv),
          { name: 'Python csv and numpy', command: '/usr/bin/python3', args: [python, csv] },
        ],
      },
      {
        title: 'folder of JPEG files',
        unit: 'images/s',
        contestants: [node('fer-data', 'folder', images), node('sharp alone', 'sharp', images)],
      },
      {
        title: "augmentation with all of Keras' changes, 48×48, one core",
        unit: 'images/s',
        contestants: [node('fer-data', 'augment')],
      },
    ];
    const results = [];
    for (const suite of suites) {
      const measured = await measure(suite.contestants, Number(values.rounds));
      results.push({ title: suite.title, measured });
      print(suite, measured);
    }
    if (values.json) console.log(JSON.stringify({ processor: cpus()[0].model, node: process.version, results }));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Runs the contestants alternately, `rounds` times, and returns medians. Contestants that can't run are left out with a
 * message.
 */
async function measure(contestants: readonly Contestant[], rounds: number): Promise<Result[]> {
  const all = new Map<string, Measure[]>();
  for (let round = 0; round < rounds; round++) {
    for (const { name, command, args } of contestants) {
      if (round > 0 && !all.has(name)) continue;
      try {
        const { stdout } = await promisify(execFile)(command, args);
        all.set(name, [...(all.get(name) ?? []), JSON.parse(stdout)]);
      } catch (error) {
        console.log(`${name}: left out (${(error as Error).message.trim().split('\n').at(-1)})`);
      }
    }
  }
  const middle = (measures: readonly Measure[], key: keyof Measure) => median(measures.map((measure) => measure[key]));
  return [...all].map(([name, measures]) => ({
    ...{ name, units: middle(measures, 'units'), seconds: middle(measures, 'seconds') },
    ...{ cpuSeconds: middle(measures, 'cpuSeconds'), residentMB: middle(measures, 'residentMB') },
  }));
}

function print({ title, unit }: Suite, measured: readonly Result[]): void {
  console.log(`\n${title}, ${measured[0].units} images, ${unit}`);
  for (const [i, { name, units, seconds, cpuSeconds, residentMB }] of measured.entries()) {
    const shown = unit === 'seconds' ? seconds.toFixed(2) : (units / seconds).toFixed(0);
    const speed = measured[0].units / measured[0].seconds / (units / seconds);
    const ratio = i === 0 ? '' : `fer-data is ${speed.toFixed(2)} times as fast`;
    const spent = `${cpuSeconds.toFixed(2).padStart(6)} s of processor time, ${residentMB.toFixed(0).padStart(4)} MB resident`;
    console.log(`  ${name.padEnd(26)} ${shown.padStart(8)}   ${spent}   ${ratio}`);
  }
}
