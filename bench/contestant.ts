import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A single kernel: a 3×3 convolution of n square images, one of its gradients, or a matrix product. */
export type Kernel =
  | {
      readonly op: 'convolution' | 'input gradient' | 'filter gradient';
      readonly n: number;
      readonly size: number;
      readonly channels: number;
      readonly out: number;
      readonly pad: 'valid' | 'same';
      /** A filter for each channel; `out` is then `channels`. */
      readonly depthwise?: boolean;
      /** Of a depthwise convolution; else 1. */
      readonly stride?: number;
    }
  | {
      /** [m, k] · [k, n]; a transposed operand is stored the other way round. */
      readonly op: 'product';
      readonly m: number;
      readonly k: number;
      readonly n: number;
      readonly transposeA: boolean;
      readonly transposeB: boolean;
    };

/** One thing to be timed. */
export interface Task {
  /** `train` (by `backbone.fit`, of ours), `layers` (by tfjs-layers' `trainOnBatch`), `infer`, or `kernel`. */
  readonly what: string;
  readonly network: string;
  readonly batch: number;
  readonly kernel?: Kernel;
  /** How long to go on. */
  readonly seconds: number;
}

/** What came of it: `units` (images, flops) done in `seconds`. */
export interface Timing {
  readonly units: number;
  readonly seconds: number;
}

/**
 * A program that times tasks on demand, in a process of its own that stays warm: a task a line of JSON on its standard
 * input, a timing a line on its standard output. `null` says that it can't do the task.
 */
export class Contestant {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#process = child;
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  /** Starts it; undefined where it isn't installed: its first line is then not "ready". */
  static async start(
    name: string,
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<Contestant | undefined> {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, ...env } });
    const failed = new Promise<undefined>((resolve) => child.once('error', () => resolve(undefined)));
    const contestant = new Contestant(name, child);
    const first = await Promise.race([failed, contestant.#lines.next()]);
    if (first?.value === 'ready') return contestant;
    child.kill();
    return undefined;
  }

  /** Units a second, or undefined where it can't. */
  async time(task: Task): Promise<number | undefined> {
    this.#process.stdin!.write(`${JSON.stringify(task)}\n`);
    const { value } = await this.#lines.next();
    const timing = value === undefined ? null : (JSON.parse(value) as Timing | null);
    return timing ? timing.units / timing.seconds : undefined;
  }

  stop(): void {
    this.#process.kill();
  }
}

/** A task that is ready to run. */
export interface Prepared {
  /** Does one batch and returns its units. */
  once(): Promise<number>;
  /** Frees what the task holds. */
  dispose(): void;
}

/** The other side, in TypeScript: answers tasks until its input ends. Rounds of one task follow one another. */
export async function answer(prepare: (task: Task) => Promise<Prepared | undefined>): Promise<void> {
  console.log('ready');
  let current: { key: string; prepared: Prepared | undefined } | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    const { seconds, ...task } = JSON.parse(line) as Task;
    const key = JSON.stringify(task);
    if (current?.key !== key) {
      current?.prepared?.dispose();
      const prepared = await prepare({ ...task, seconds });
      current = { key, prepared };
      const start = performance.now();
      // Twice to warm up, or once where that takes long.
      await prepared?.once();
      if (performance.now() - start < seconds * 1000) await prepared?.once();
    }
    const { prepared } = current;
    if (!prepared) {
      console.log('null');
      continue;
    }
    let units = 0;
    const start = performance.now();
    do units += await prepared.once();
    while (performance.now() - start < seconds * 1000);
    console.log(JSON.stringify({ units, seconds: (performance.now() - start) / 1000 }));
  }
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
