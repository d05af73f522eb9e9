import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Contestant, median, type Task } from '../contestant.js';
import { nameOf, TASKS } from './tasks.js';

/** A contestant, its number of threads, and how to install it if it is not part of this project. */
interface Entry {
  readonly name: string;
  readonly threads: number;
  readonly start: (name: string) => Promise<Contestant | undefined>;
  readonly install?: string;
}

/** Our contestants and the peers. Ratios divide our figure by that of a peer on the same number of threads. */
function entries(cores: number): Entry[] {
  const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url));
  const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const node =
    (file: string, ...options: (string | number)[]) =>
    (name: string) =>
      Contestant.start(name, process.execPath, [tsx, script(file), ...options.map(String)]);
  const torch = (threads: number) => (name: string) => {
    const env = { OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` };
    return Contestant.start(name, '/usr/bin/python3', [script('torch_peer.py'), `${threads}`], env);
  };
  const onThreads = (name: string, start: (threads: number) => Entry['start'], install?: string) =>
    [...new Set([cores, 1])].map((threads) => {
      const title = `${name}, ${threads} thread${threads > 1 ? 's' : ''}`;
      return { name: title, threads, start: start(threads), install };
    });
  return [
    ...onThreads('fer-wasm', (threads) => node('fer.ts', threads)),
    ...onThreads('PyTorch', torch, 'apt install python3-torch'),
    ...onThreads(
      'onnxruntime-web',
      (threads) => node('onnxruntime.ts', threads, 'web'),
      'npm install --no-save onnxruntime-web',
    ),
    ...onThreads(
      'onnxruntime-node',
      (threads) => node('onnxruntime.ts', threads, 'node'),
      'npm install --no-save onnxruntime-node',
    ),
    { name: 'tfjs wasm, as published', threads: cores, start: node('tfjs.ts', 'wasm') },
    { name: 'tfjs cpu', threads: cores, start: node('tfjs.ts', 'cpu') },
  ];
}

/** A kernel takes milliseconds and a training step much longer, so kernels get this fraction of the time. */
const KERNEL_SHARE = 0.1;

/**
 * Times every contestant at every task, alternately, and prints medians and ratios: images/s for networks, GFLOP/s for
 * kernels.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean' },
      only: { type: 'string', default: '' },
      contestants: { type: 'string', default: '' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
    },
  });
  const cores = availableParallelism();
  console.log(`${cpus()[0].model}, ${cores} cores, Node ${process.version}`);
  const contestants: { entry: Entry; contestant: Contestant }[] = [];
  const chosen = values.contestants.split(',').map((name) => name.trim());
  for (const entry of entries(cores).filter(({ name }) => chosen.some((part) => name.includes(part)))) {
    const contestant = await entry.start(entry.name);
    if (contestant) contestants.push({ entry, contestant });
    else console.log(`${entry.name}: did not start, left out${entry.install ? ` (${entry.install})` : ''}`);
  }
  const results = [];
  for (const task of TASKS.filter((task) => nameOf(task).includes(values.only))) {
    const seconds = Number(values.seconds) * (task.kernel ? KERNEL_SHARE : 1);
    const rates = new Map<Entry, number[]>();
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const { entry, contestant } of contestants) {
        const rate = await contestant.time({ ...task, seconds });
        if (rate !== undefined) rates.set(entry, [...(rates.get(entry) ?? []), rate]);
      }
    }
    const medians = new Map([...rates].map(([entry, all]) => [entry, median(all)]));
    results.push({ ...task, medians: Object.fromEntries([...medians].map(([{ name }, rate]) => [name, rate])) });
    print(task, medians);
  }
  for (const { contestant } of contestants) contestant.stop();
  if (values.json) console.log(JSON.stringify({ processor: cpus()[0].model, cores, node: process.version, results }));
}

function print(task: Omit<Task, 'seconds'>, medians: ReadonlyMap<Entry, number>): void {
  console.log(`\n${nameOf(task)}, ${task.kernel ? 'GFLOP/s' : 'images/s'}`);
  const ours = new Map([...medians].filter(([{ name }]) => name.startsWith('fer')).map(([e, r]) => [e.threads, r]));
  for (const [{ name, threads }, rate] of medians) {
    const shown = (task.kernel ? rate / 1e9 : rate).toFixed(1).padStart(8);
    const ratio = ((ours.get(threads) ?? Number.NaN) / rate).toFixed(2);
    console.log(`  ${name.padEnd(26)} ${shown}${name.startsWith('fer') ? '' : `   fer-wasm ÷ this: ${ratio}`}`);
  }
}
