import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One thing to be timed. */
export interface Task {
  /** E.g. `train` or `infer`. */
  readonly what: string;
  readonly network: string;
  readonly batch: number;
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

/** The other side, in TypeScript: answers tasks until its input ends. `once` does one batch and returns its units. */
export async function answer(prepare: (task: Task) => Promise<(() => Promise<number>) | undefined>): Promise<void> {
  console.log('ready');
  const prepared = new Map<string, (() => Promise<number>) | undefined>();
  for await (const line of createInterface({ input: process.stdin })) {
    const task = JSON.parse(line) as Task;
    const key = `${task.what}/${task.network}/${task.batch}`;
    if (!prepared.has(key)) {
      const once = await prepare(task);
      prepared.set(key, once);
      for (let i = 0; i < 2; i++) await once?.();
    }
    const once = prepared.get(key);
    if (!once) {
      console.log('null');
      continue;
    }
    let units = 0;
    const start = performance.now();
    do units += await once();
    while (performance.now() - start < task.seconds * 1000);
    console.log(JSON.stringify({ units, seconds: (performance.now() - start) / 1000 }));
  }
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
