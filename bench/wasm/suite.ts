import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Contestant, median, type Task } from '../contestant.js';

const TASKS: readonly Omit<Task, 'seconds'>[] = [
  { what: 'train', network: 'ShallowCNN', batch: 64 },
  { what: 'infer', network: 'ShallowCNN', batch: 64 },
  { what: 'train', network: 'VGG16', batch: 16 },
  { what: 'infer', network: 'VGG16', batch: 16 },
  { what: 'sgemm', network: '', batch: 512 },
];

/** Peers, by what our figure is divided by; those that aren't installed are left out, and said so. */
async function startAll(cores: number): Promise<Contestant[]> {
  const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url));
  const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const node = (name: string, file: string, argument: string) =>
    Contestant.start(name, process.execPath, [tsx, script(file), argument]);
  const torch = (threads: number) =>
    Contestant.start(
      `PyTorch, ${threads} thread${threads > 1 ? 's' : ''}`,
      '/usr/bin/python3',
      [script('torch_peer.py'), `${threads}`],
      { OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` },
    );
  const all = {
    [`fer-wasm, ${cores} threads`]: await node(`fer-wasm, ${cores} threads`, 'fer.ts', `${cores}`),
    'fer-wasm, 1 thread': await node('fer-wasm, 1 thread', 'fer.ts', '1'),
    [`PyTorch, ${cores} threads`]: await torch(cores),
    'PyTorch, 1 thread': await torch(1),
    'tfjs wasm, as published': await node('tfjs wasm, as published', 'tfjs.ts', 'wasm'),
  };
  for (const [name, contestant] of Object.entries(all))
    if (!contestant) console.log(`${name}: not installed, left out`);
  return Object.values(all).filter((contestant) => contestant !== undefined);
}

/** Times every contestant at every task, in turns, and prints medians and ratios. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
    },
  });
  const cores = availableParallelism();
  console.log(`${cpus()[0].model}, ${cores} cores, Node ${process.version}`);
  const contestants = await startAll(cores);
  const results = [];
  for (const task of TASKS) {
    const rates = new Map<string, number[]>();
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const contestant of contestants) {
        const rate = await contestant.time({ ...task, seconds: Number(values.seconds) });
        if (rate !== undefined) rates.set(contestant.name, [...(rates.get(contestant.name) ?? []), rate]);
      }
    }
    const medians = Object.fromEntries([...rates].map(([name, all]) => [name, median(all)]));
    results.push({ ...task, medians });
    print(task, medians, cores);
  }
  for (const contestant of contestants) contestant.stop();
  if (values.json) console.log(JSON.stringify({ processor: cpus()[0].model, cores, node: process.version, results }));
}

function print({ what, network, batch }: Omit<Task, 'seconds'>, medians: Record<string, number>, cores: number): void {
  const sgemm = what === 'sgemm';
  console.log(`\n${sgemm ? `SGEMM ${batch}³, GFLOP/s` : `${network} ${what}, batch ${batch}, images/s`}`);
  const all = medians[`fer-wasm, ${cores} threads`];
  for (const [name, rate] of Object.entries(medians)) {
    const ours = name.includes('1 thread') ? medians['fer-wasm, 1 thread'] : all;
    const ratio = name.startsWith('fer') ? '' : `fer-wasm on as many threads ÷ this: ${(ours / rate).toFixed(2)}`;
    console.log(`  ${name.padEnd(26)} ${(sgemm ? rate / 1e9 : rate).toFixed(1).padStart(8)}   ${ratio}`);
  }
}
