import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from 'fer-core';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findDone, type Part, partKey, readPlan, type StoredPlan, writePlan } from '../../cluster/jobs/plan.js';
import { enqueue, openQueue, type PartQueue, type TryOptions } from '../../cluster/jobs/queue.js';
import { rateOf } from '../../cluster/jobs/rate.js';
import { type JobStatus, readStatus } from '../../cluster/jobs/status.js';
import { type RunningWorker, startWorker, type WorkEvent, type WorkOptions } from '../../cluster/jobs/worker.js';
import { checkClock, connectRedis } from '../../cluster/redis/connect.js';
import { openStore } from '../../cluster/stores/openStore.js';
import type { Store } from '../../cluster/stores/store.js';
import { hasRedis, startRedis, type TestRedis } from './redisServer.js';
import { expected } from './testTasks.mjs';

const TASKS = new URL('./testTasks.mjs', import.meta.url).href;
const VERSIONS = { code: 'a'.repeat(64), node: 'v20', arch: 'x64', sharp: '1' };

/** A part of a test's job: the input of its task, and the part it waits for. */
interface Wanted {
  readonly name: string;
  readonly input?: JsonObject;
  readonly after?: string;
}

describe.skipIf(!hasRedis)('jobs (skipped where redis-server is not installed)', () => {
  let server: TestRedis;
  let redis: Redis;
  let root: string;
  let store: Store;
  let queueName: string;
  let queue: PartQueue;
  let queues = 0;
  const connections: Redis[] = [];
  const workers: RunningWorker[] = [];

  beforeAll(async () => {
    server = await startRedis();
    redis = await connectRedis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.close();
  });
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'fer-jobs-'));
    store = await openStore(join(root, 'store'));
    queueName = `test${queues++}`;
    queue = openQueue(redis, queueName);
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await queue.close();
    for (const connection of connections.splice(0)) connection.disconnect();
    await rm(root, { recursive: true, force: true });
  });

  const log = (): string => join(root, 'log');
  const file = (name: string): string => join(root, name);
  const open = (name: string): Promise<void> => writeFile(file(name), '');
  /** The names of the parts that were started, in order. */
  const begun = async (): Promise<string[]> => {
    const text = await readFile(log(), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  };

  async function plan(wanted: readonly Wanted[], versions = VERSIONS, about = 'a test'): Promise<StoredPlan> {
    const parts: Part[] = [];
    for (const { name, input = {}, after } of wanted) {
      const own = { log: log(), ...input };
      const key = await partKey(versions, 'made', { name, ...own });
      const waited = parts.find((part) => part.name === after);
      const unlocks = wanted.some((other) => other.after === name);
      parts.push({
        task: 'made',
        key,
        input: own,
        output: { folder: 'made', name: `${key}.bin` },
        size: 1,
        name,
        ...(waited && { after: waited.key }),
        ...(unlocks && { unlocks: true as const }),
      });
    }
    return writePlan(store, { format: 1, kind: 'labels', about, versions, spec: {}, parts });
  }

  const put = (made: StoredPlan, options: TryOptions & { retry?: boolean } = {}) =>
    enqueue(queue, store, made, { backoff: 1, ...options });

  async function connection(): Promise<Redis> {
    const made = await connectRedis(server.url);
    connections.push(made);
    return made;
  }

  async function start(options: Partial<WorkOptions> = {}): Promise<RunningWorker> {
    const worker = await startWorker({
      redis: await connection(),
      queue: queueName,
      store: store.location,
      slots: 2,
      tasks: TASKS,
      versions: VERSIONS,
      ...options,
    });
    workers.push(worker);
    return worker;
  }

  const finish = async (options: Partial<WorkOptions> = {}): Promise<void> =>
    (await start({ untilEmpty: true, ...options })).ended;

  /** Waits for a condition. Only the test's time-out limits it. */
  async function until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async function expectDone(made: StoredPlan): Promise<JobStatus> {
    const status = await readStatus(queue, redis, store, made);
    const total = made.parts.length;
    expect(status.counts).toEqual({ total, done: total, active: 0, queued: 0, waiting: 0, setAside: 0, lost: 0 });
    for (const { output, name } of made.parts) {
      expect(await store.folder(output.folder).read(output.name)).toEqual(expected(name));
    }
    return status;
  }

  const names = (n: number): Wanted[] => Array.from({ length: n }, (_, i) => ({ name: `part${i}` }));

  it('does every part once, and knows how far it is', async () => {
    const made = await plan(names(6));
    expect(await put(made)).toEqual({ done: 0, added: 6, waiting: 0, setAside: 0 });
    const before = await readStatus(queue, redis, store, made);
    expect(before.counts).toMatchObject({ total: 6, done: 0, queued: 6 });
    await finish();
    const after = await expectDone(made);
    expect(after.items).toEqual({ total: 6, done: 6 });
    expect(after.rate?.partsPerSecond).toBeGreaterThan(0);
    expect((await begun()).sort()).toEqual(made.parts.map(({ name }) => name));
    expect(await put(made)).toEqual({ done: 6, added: 0, waiting: 0, setAside: 0 });
  });

  it('takes up again what a killed worker was at, to the same bytes', async () => {
    const gate = file('gate');
    const made = await plan([{ name: 'held', input: { gate } }, ...names(3)]);
    await put(made);
    const program = fileURLToPath(new URL('./workerProcess.ts', import.meta.url));
    const root = fileURLToPath(new URL('../../../', import.meta.url));
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', program, server.url, queueName, store.location, TASKS, '1', JSON.stringify(VERSIONS)],
      { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const ended = once(child, 'exit');
    await until(async () => (await begun()).length > 0);
    child.kill('SIGKILL');
    await ended;
    expect(await begun()).toEqual(['held']);
    expect((await findDone(store, made.parts)).size).toBe(0);
    await open('gate');
    await finish({ lockSeconds: 1 });
    await expectDone(made);
    expect((await begun()).filter((name) => name === 'held')).toHaveLength(2);
  });

  it('goes on when Redis is killed and comes back with its append-only file', async () => {
    const made = await plan([{ name: 'held', input: { gate: file('gate') } }, ...names(5)]);
    await put(made);
    const worker = await start({ slots: 1 });
    await until(async () => (await begun()).length > 0);
    const before = (await begun()).length;
    await server.restart();
    await open('gate');
    await until(async () => (await findDone(store, made.parts)).size === 6);
    await until(async () => (await queue.getJobCountByTypes('active', 'waiting')) === 0);
    await worker.stop();
    await expectDone(made);
    expect(before).toBeLessThan(6);
    expect((await begun()).sort()).toEqual(made.parts.map(({ name }) => name).sort());
  });

  it('loses nothing and does nothing twice with two coordinators and two workers', async () => {
    const made = await plan(names(12));
    const other = openQueue(await connection(), queueName);
    const counts = await Promise.all([put(made), enqueue(other, store, made)]);
    await other.close();
    expect(counts.map(({ added }) => added)).toEqual([12, 12]); // each asked for all; Redis keeps one of each
    expect(await queue.getWaitingCount()).toBe(12);
    await Promise.all([finish(), finish(), put(made)]);
    await finish();
    await expectDone(made);
    expect((await begun()).sort()).toEqual(made.parts.map(({ name }) => name).sort());
  });

  it('tries a poisoned part again, sets it aside with its error, and does the rest', async () => {
    const made = await plan([{ name: 'bad', input: { poison: file('poison') } }, ...names(4)]);
    await open('poison');
    await put(made, { attempts: 2 });
    const events: WorkEvent[] = [];
    await finish({ onEvent: (event) => events.push(event) });
    const { counts, setAside, secondsLeft } = await readStatus(queue, redis, store, made);
    expect(counts).toMatchObject({ done: 4, setAside: 1, queued: 0 });
    expect(setAside).toEqual([{ part: made.parts[0], error: 'bad is poisoned', attempts: 2 }]);
    expect(secondsLeft).toBeUndefined();
    expect(events.flatMap((event) => (event.kind === 'failed' ? [event.last] : []))).toEqual([false, true]);
    expect((await begun()).filter((name) => name === 'bad')).toHaveLength(2);

    expect(await put(made)).toMatchObject({ added: 0, setAside: 1 });
    await rm(file('poison'));
    expect(await put(made, { retry: true })).toMatchObject({ added: 1, setAside: 0 });
    await finish();
    await expectDone(made);
  });

  it('sets aside what ends its thread, and what leaves no output', async () => {
    await open('dies');
    const made = await plan([
      { name: 'deadly', input: { dies: file('dies') } },
      { name: 'idle', input: { writesNothing: true } },
      ...names(2),
    ]);
    await put(made, { attempts: 1 });
    await finish();
    const { counts, setAside } = await readStatus(queue, redis, store, made);
    expect(counts).toMatchObject({ done: 2, setAside: 2 });
    const errors = new Map(setAside.map(({ part, error }) => [part.name, error]));
    expect(errors.get('deadly')).toContain('ended with code 7');
    expect(errors.get('idle')).toContain('the output is missing');
  });

  it('refuses to work on parts of another version, and leaves them on the queue', async () => {
    const made = await plan(names(2));
    await put(made);
    const other = { ...VERSIONS, code: 'b'.repeat(64) };
    await expect(start({ versions: other })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('code bbbbbbbbbbbb here, aaaaaaaaaaaa there'),
    });
    expect(await queue.getWaitingCount()).toBe(2);
    await finish();

    // A worker that runs already meets parts that a newer coordinator enqueues.
    const worker = await start();
    const newer = await plan(names(2), other);
    await put(newer, { attempts: 1 });
    await expect(worker.ended).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect((await readStatus(queue, redis, store, newer)).counts).toMatchObject({ queued: 2, setAside: 0 });
    expect(await begun()).toHaveLength(2);
    await finish({ versions: other });
    await expectDone(newer);
  });

  it.each([-60_000, 60_000])('refuses a clock that is wrong by %i ms', async (wrong) => {
    await expect(start({ now: () => Date.now() + wrong })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(wrong > 0 ? /(59|60)\.\d s ahead of/ : /(59|60)\.\d s behind/),
    });
    await checkClock(redis, () => Date.now() + wrong / 30);
  });

  it('hands back what is not finished in time when it is told to stop', async () => {
    const made = await plan([{ name: 'held', input: { gate: file('gate') } }]);
    await put(made, { attempts: 1 });
    const events: WorkEvent[] = [];
    const worker = await start({ graceSeconds: 0, onEvent: (event) => events.push(event) });
    await until(async () => (await begun()).length > 0);
    await worker.stop();
    expect(events.map(({ kind }) => kind)).toEqual(['started', 'handedBack']);
    expect(await queue.getWaitingCount()).toBe(1); // at once, not when a lock has run out
    await open('gate');
    await finish();
    await expectDone(made); // and the attempt did not count
  });

  it('finishes what it is at when it is told to stop, and takes no more', async () => {
    const made = await plan([{ name: 'held', input: { gate: file('gate') } }, ...names(3)]);
    await put(made);
    const worker = await start({ slots: 1, graceSeconds: 600 });
    await until(async () => (await begun()).includes('held'));
    const stopped = worker.stop();
    await open('gate');
    await stopped;
    expect((await findDone(store, made.parts)).has(made.parts[0].key)).toBe(true);
    const active = await queue.getActiveCount();
    expect(active).toBe(0);
    await finish();
    await expectDone(made);
    expect((await begun()).filter((name) => name === 'held')).toHaveLength(1);
  });

  it('keeps its lock while a part keeps its thread busy', async () => {
    const made = await plan([{ name: 'held', input: { gate: file('gate') } }]);
    await put(made);
    const worker = await start({ lockSeconds: 3 });
    await until(async () => (await begun()).length > 0);
    const [job] = await queue.getActive();
    // Its lock has run out and been renewed at least once when its time to live has grown.
    const lock = `bull:${queueName}:${job.id}:lock`;
    let least = Number.POSITIVE_INFINITY;
    await until(async () => {
      const left = await redis.pttl(lock);
      const grown = left > least + 500;
      least = Math.min(least, left);
      return grown;
    });
    await open('gate');
    await until(async () => (await findDone(store, made.parts)).size === 1);
    await worker.stop();
    await expectDone(made);
  });

  it('lets parts wait for another, which two jobs share', async () => {
    const first = await plan([{ name: 'root' }, { name: 'x', after: 'root' }]);
    const second = await plan([{ name: 'root' }, { name: 'y', after: 'root' }, { name: 'z', after: 'root' }]);
    expect(first.parts[0].key).toBe(second.parts[0].key);
    expect(await put(first)).toMatchObject({ added: 1, waiting: 1 });
    expect(await put(second)).toMatchObject({ added: 1, waiting: 2 });
    expect((await readStatus(queue, redis, store, second)).counts).toMatchObject({ queued: 1, waiting: 2, lost: 0 });
    await finish();
    await expectDone(first);
    await expectDone(second);
    const order = await begun();
    expect(order[0]).toBe('root');
    expect(order.slice(1).sort()).toEqual(['x', 'y', 'z']);
  });

  it('does again what was removed from the store', async () => {
    const made = await plan(names(2));
    await put(made);
    await finish();
    const { folder, name } = made.parts[1].output;
    await store.folder(folder).remove(name);
    expect((await readStatus(queue, redis, store, made)).counts).toMatchObject({ done: 1, lost: 1 });
    expect(await put(made)).toMatchObject({ done: 1, added: 1 });
    await finish();
    await expectDone(made);
  });
});

describe('plans', () => {
  it('are the same file for the same job, and refused if they were changed', async () => {
    const root = await mkdtemp(join(tmpdir(), 'fer-plans-'));
    try {
      const store = await openStore(root);
      const written = { format: 1, kind: 'labels', about: 'a', versions: VERSIONS, spec: {}, parts: [] } as const;
      const { id } = await writePlan(store, written);
      expect((await writePlan(store, { ...written })).id).toBe(id);
      expect(await readPlan(store, id.slice(0, 4))).toEqual({ ...written, id });
      await expect(readPlan(store, 'f00d')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await store.folder('plans').write(`${id}.json`, new TextEncoder().encode('{"format":1}'));
      await expect(readPlan(store, id)).rejects.toMatchObject({ code: 'CORRUPT' });
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});

describe('the rate', () => {
  it('is of the last quarter of an hour, and needs two parts', () => {
    const now = 10_000_000;
    expect(rateOf([], now)).toBeUndefined();
    expect(rateOf([{ at: now, items: 5 }], now)).toBeUndefined();
    const old = { at: now - 16 * 60_000, items: 1000 };
    const finished = [old, { at: now - 8000, items: 10 }, { at: now, items: 30 }, { at: now - 4000, items: 20 }];
    expect(rateOf(finished, now)).toEqual({ partsPerSecond: 2 / 8, itemsPerSecond: 50 / 8, last: now });
  });
});
