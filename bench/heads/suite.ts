import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { median } from '../contestant.js';
import { type FeatureFiles, madeFeatures, realFeatures } from './features.js';

/** One fit, or one selection of C. */
export type HeadTask =
  | { readonly kind: 'svm' | 'softmax'; readonly C: number }
  | { readonly kind: 'select'; readonly grid: readonly number[] };

interface Outcome {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly objectives: readonly number[];
  readonly optima?: readonly number[];
  readonly passes?: number;
  readonly memory?: number;
  readonly features?: number;
}

const execute = promisify(execFile);
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const GRID = [1e-4, 1e-3, 1e-2, 1e-1, 1];

/**
 * The output of a script; undefined if a peer isn't installed. All run on the same single core, if the system allows
 * it.
 */
async function answer<T>(name: string, files: FeatureFiles, ...more: string[]): Promise<T | undefined> {
  const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url));
  const tsconfig = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));
  const ours = name.endsWith('.ts');
  const program = ours ? [process.execPath, tsx, '--tsconfig', tsconfig] : ['/usr/bin/python3'];
  const command = [...program, script(name), files.x, files.y, `${files.columns}`, ...more];
  const pinned = process.platform === 'linux' ? ['taskset', '-c', '0', ...command] : command;
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  try {
    const { stdout } = await execute(pinned[0], pinned.slice(1), { env, maxBuffer: 1 << 24 });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as T;
  } catch (error) {
    if (ours) throw error;
    return undefined;
  }
}

/** A contestant's answer to a task. */
function ask(who: 'fer' | 'sklearn', files: FeatureFiles, task: HeadTask, ...more: string[]) {
  const name = { fer: 'fer.ts', sklearn: 'sklearn_peer.py' }[who];
  return answer<Outcome>(name, files, JSON.stringify(task), ...more);
}

const total = ({ objectives }: Outcome) => objectives.reduce((a, b) => a + b, 0);
const middle = (outcomes: readonly Outcome[]) => ({
  ...outcomes[0],
  seconds: median(outcomes.map(({ seconds }) => seconds)),
  cpuSeconds: median(outcomes.map(({ cpuSeconds }) => cpuSeconds)),
});

/**
 * Fits the linear heads on 28,709 × 1,024 features and compares them with scikit-learn's, alternately on one core.
 *
 *   npm run bench -- heads [--json] [--rounds N] [--exact] [--softmax] [--kernel]
 *     [--kernel]                                    the RBF kernel, exact and by Nyström features, instead
 *     [--data fer2013.csv.gz [--epochs N]]          features of a ShallowCNN trained here, instead of synthetic ones
 *     [--features FILE --labels FILE --columns N]   float32, row-major; a byte each
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean' },
      rounds: { type: 'string', default: '3' },
      exact: { type: 'boolean' },
      softmax: { type: 'boolean' },
      kernel: { type: 'boolean' },
      C: { type: 'string', default: '1e-3,1e-2,1e-1,1' },
      data: { type: 'string' },
      epochs: { type: 'string', default: '5' },
      features: { type: 'string' },
      labels: { type: 'string' },
      columns: { type: 'string', default: '1024' },
    },
  });
  console.log(`${cpus()[0].model}, one core, Node ${process.version}`);
  const files =
    values.features && values.labels
      ? { x: values.features, y: values.labels, columns: Number(values.columns) }
      : values.data
        ? await realFeatures(values.data, Number(values.epochs))
        : madeFeatures(28709, Number(values.columns));
  if (values.kernel) return kernels(files);
  const tasks: HeadTask[] = values.C.split(',').map((C) => ({ kind: 'svm', C: Number(C) }));
  if (values.softmax) tasks.push({ kind: 'softmax', C: 1e-2 });
  const results = [];
  for (const task of tasks) {
    const ours: Outcome[] = [];
    const theirs: Outcome[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      ours.push((await ask('fer', files, task))!);
      const exact = values.exact && round === 0 ? ['exact'] : [];
      const peer = await ask('sklearn', files, task, ...exact);
      if (peer) theirs.push(peer);
    }
    const result = { task, fer: middle(ours), sklearn: theirs.length > 0 ? middle(theirs) : undefined };
    results.push(result);
    print(result);
  }
  const select = (await ask('fer', files, { kind: 'select', grid: GRID }))!;
  const largest = (await ask('fer', files, { kind: 'svm', C: GRID.at(-1)! }))!;
  console.log(
    `\nselectC over ${GRID.join(', ')}: ${select.seconds.toFixed(2)} s, ${select.passes} passes; ` +
      `÷ two fits of the largest: ${(select.seconds / 2 / largest.seconds).toFixed(2)} in time, ` +
      `${(select.passes! / 2 / largest.passes!).toFixed(2)} in passes`,
  );
  if (values.json) console.log(JSON.stringify({ processor: cpus()[0].model, node: process.version, results, select }));
}

interface Predicted {
  readonly seconds: number;
  readonly accuracy: number;
  readonly predicted: readonly number[];
}

/**
 * Compares exact RBF machines and Nyström features on 5,000 rows with SVC on 2,000 others; then fits Nyström on all
 * rows.
 */
async function kernels(files: FeatureFiles): Promise<void> {
  const { exact, near } = (await answer<{ exact: Predicted; near: Predicted }>('kernel.ts', files, 'subset'))!;
  const peer = await answer<Predicted>('kernel_peer.py', files);
  const agreement = (a: Predicted, b: Predicted) =>
    `${((100 * a.predicted.filter((label, i) => label === b.predicted[i]).length) / a.predicted.length).toFixed(2)} %`;
  const line = (name: string, { seconds, accuracy }: Predicted) =>
    console.log(`  ${name} ${seconds.toFixed(2)} s, ${(100 * accuracy).toFixed(2)} % of the rows held out`);
  console.log('\nrbf, C = 1, gamma = auto, 5,000 rows, 2,000 held out');
  line('fer rbfSVM', exact);
  line('fer nystroem(linearL2SVM), 512 components', near);
  if (peer) {
    line('SVC', peer);
    console.log(`  rbfSVM predicts as SVC does on ${agreement(exact, peer)}`);
  } else console.log('  scikit-learn: not installed, left out');
  console.log(`  nystroem predicts as rbfSVM does on ${agreement(near, exact)}`);
  const full = (await answer<Outcome>('kernel.ts', files, 'full'))!;
  const share = ((100 * full.memory!) / full.features!).toFixed(0);
  console.log(`\nnystroem on all rows: ${full.seconds.toFixed(2)} s, memory ${share} % of the features`);
}

function print({ task, fer, sklearn }: { task: HeadTask; fer: Outcome; sklearn?: Outcome }): void {
  const name = task.kind === 'svm' ? 'LinearSVC(dual=False)' : 'LogisticRegression';
  console.log(`\n${task.kind}, ${JSON.stringify(task)}`);
  console.log(
    `  fer ${fer.seconds.toFixed(2)} s (${fer.cpuSeconds.toFixed(2)} s of processor time), ${fer.passes} passes, ` +
      `memory ${((100 * fer.memory!) / fer.features!).toFixed(0)} % of the features`,
  );
  if (!sklearn) {
    console.log('  scikit-learn: not installed, left out');
    return;
  }
  console.log(
    `  ${name} ${sklearn.seconds.toFixed(2)} s (${sklearn.cpuSeconds.toFixed(2)}); ÷ fer: ` +
      `${(sklearn.seconds / fer.seconds).toFixed(2)}, of processor time ${(sklearn.cpuSeconds / fer.cpuSeconds).toFixed(2)}`,
  );
  console.log(
    `  objective − ${name}'s, relative: ${((total(fer) - total(sklearn)) / total(sklearn)).toExponential(1)}`,
  );
  if (sklearn.optima) {
    const gaps = (found: readonly number[]) =>
      found.map((f, c) => (f / sklearn.optima![c] - 1).toExponential(1)).join(' ');
    console.log(
      `  above the float64 optimum, per class: fer ${gaps(fer.objectives)}; ${name} ${gaps(sklearn.objectives)}`,
    );
  }
}
