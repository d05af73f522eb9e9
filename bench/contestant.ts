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
      /** One filter per channel; `out` then equals `channels`. */
      readonly depthwise?: boolean;
      /** Stride of a depthwise convolution; otherwise 1. */
      readonly stride?: number;
    }
  | {
      /** [m, k] · [k, n]. A transposed operand is stored transposed. */
      readonly op: 'product';
      readonly m: number;
      readonly k: number;
      readonly n: number;
      readonly transposeA: boolean;
      readonly transposeB: boolean;
    };

/** A task to be timed. */
export interface Task {
  /** `train` (our `backbone.fit`), `layers` (`trainOnBatch` of tfjs-layers), `infer`, or `kernel`. */
  readonly what: string;
  readonly network: string;
  readonly batch: number;
  readonly kernel?: Kernel;
  /** How long to measure. */
  readonly seconds: number;
}

/** The result: `units` (images, flops) processed in `seconds`. */
export interface Timing {
  readonly units: number;
  readonly seconds: number;
}

/**
 * A program that times tasks on request, in its own process, which stays warm. It reads one task per line as JSON from
 * standard input, and writes one timing per line to standard output; `null` means that it can't run the task.
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

  /** Starts it; undefined if it isn't installed, i.e. if its first line is not "ready". */
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

  /** Units per second, or undefined if it can't run the task. */
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
  /** Processes one batch and returns its units. */
  once(): Promise<number>;
  /** Frees the task's resources. */
  dispose(): void;
}

/** The other side, in TypeScript: processes tasks until its input ends. Rounds of the same task follow one another. */
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
      // Two warm-up runs, or one if that takes long.
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

/** The median of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
