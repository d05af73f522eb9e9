/**
 * The cost and the scaling of examples/cluster on this machine: the queue's overhead per part, cells and faces per
 * second with 1, 2 and 4 workers that compute one part at a time, and the memory of parts in Redis.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Redis } from 'ioredis';
import { planExperiment } from '../../examples/cluster/experiment/plan.js';
import { planFeatures } from '../../examples/cluster/features/plan.js';
import {
  findDone,
  type Part,
  type Plan,
  partKey,
  type StoredPlan,
  writePlan,
} from '../../examples/cluster/jobs/plan.js';
import { enqueue, openQueue } from '../../examples/cluster/jobs/queue.js';
import { Slot } from '../../examples/cluster/jobs/slot.js';
import { readStatus } from '../../examples/cluster/jobs/status.js';
import { ownVersions, type Versions } from '../../examples/cluster/jobs/versions.js';
import { startWorker } from '../../examples/cluster/jobs/worker.js';
import { connectRedis } from '../../examples/cluster/redis/connect.js';
import { findRedisServer, freePort, spawnRedis } from '../../examples/cluster/redis/embedded.js';
import { openStore } from '../../examples/cluster/stores/openStore.js';
import type { Store } from '../../examples/cluster/stores/store.js';

const NOTHING = new URL('./tasks.mjs', import.meta.url).href;
/** The default numbers of workers. */
const WORKERS = [1, 2, 4];

interface Bench {
  readonly url: string;
  readonly redis: Redis;
  readonly store: Store;
  readonly versions: Versions;
  /** Numbers of workers, measured one after another. */
  readonly workers: readonly number[];
}

/** `npm run bench -- cluster [--only overhead|faces|cells|redis] [--workers 1,2,4] [--json]` */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { only: { type: 'string' }, workers: { type: 'string' }, json: { type: 'boolean' } },
  });
  const { only, json } = values;
  const workers = values.workers?.split(',').map(Number) ?? WORKERS;
  if (!findRedisServer()) {
    console.log('skipped: redis-server is not installed');
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'fer-bench-cluster-'));
  const address = { port: await freePort(), password: 'bench' };
  const url = `redis://:${address.password}@127.0.0.1:${address.port}`;
  const child = spawnRedis({ folder, ...address });
  try {
    const redis = await reach(url);
    const bench = { url, redis, store: await openStore(join(folder, 'store')), versions: await ownVersions(), workers };
    const suites = { overhead, faces, cells, redis: inRedis };
    console.log(`${availableParallelism()} cores, Node ${process.version}`);
    for (const [name, suite] of Object.entries(suites)) {
      if (only !== undefined && only !== name) continue;
      const figures = await suite(bench);
      console.log(json ? JSON.stringify({ name, ...figures }) : `${name}: ${JSON.stringify(figures)}`);
    }
    redis.disconnect();
  } finally {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function reach(url: string): Promise<Redis> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await connectRedis(url);
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Parts that do nothing. */
async function emptyPlan({ store, versions }: Bench, n: number, about: string): Promise<StoredPlan> {
  const parts: Part[] = [];
  for (let i = 0; i < n; i++) {
    const input = { about, i };
    const key = await partKey(versions, 'nothing', input);
    parts.push({
      task: 'nothing',
      key,
      input,
      output: { folder: `nothing/${about}`, name: `${key}.bin` },
      size: 1,
      name: `part ${i}`,
    });
  }
  return writePlan(store, { format: 1, kind: 'labels', about, versions, spec: {}, parts });
}

/** Seconds that warmed-up workers take for the measured plan. */
async function timed(
  { url, redis, store, versions }: Bench,
  { workers, tasks, warmUp, measured }: { workers: number; tasks?: string; warmUp: Plan; measured: Plan },
): Promise<number> {
  const name = `bench${workers}-${Math.random().toString(36).slice(2)}`;
  const queue = openQueue(redis, name);
  const warm = new Set<number>();
  const connections = await Promise.all(Array.from({ length: workers }, () => connectRedis(url)));
  const running = await Promise.all(
    connections.map((connection, i) =>
      startWorker({
        redis: connection,
        queue: name,
        store: store.location,
        slots: 1,
        tasks,
        versions,
        onEvent: (event) => {
          if (event.kind === 'done') warm.add(i);
          if (event.kind === 'failed') console.error(event.error.message);
        },
      }),
    ),
  );
  const finish = async (plan: StoredPlan): Promise<number> => {
    const start = performance.now();
    await enqueue(queue, store, plan);
    while ((await queue.getJobCountByTypes('waiting', 'active', 'delayed')) > 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return (performance.now() - start) / 1000;
  };
  try {
    await finish(await writePlan(store, warmUp));
    if (warm.size < workers) console.log(`${warm.size} of ${workers} workers are warm`);
    const plan = await writePlan(store, measured);
    const seconds = await finish(plan);
    const done = await findDone(store, plan.parts);
    if (done.size < plan.parts.length) throw new Error(`${done.size} of ${plan.parts.length} parts are done`);
    return seconds;
  } finally {
    await Promise.all(running.map((worker) => worker.stop()));
    await queue.close();
    for (const connection of connections) connection.disconnect();
  }
}

/** Milliseconds per part, with the queue and without. */
async function overhead(bench: Bench): Promise<object> {
  const n = 400;
  const slot = new Slot({ store: bench.store.location, tasks: NOTHING, threads: 1 });
  const [direct, ...warmUps] = [await emptyPlan(bench, n, 'direct'), await emptyPlan(bench, 20, 'warm')];
  for (const part of warmUps[0].parts) await slot.run(part);
  const start = performance.now();
  for (const part of direct.parts) await slot.run(part);
  const without = (performance.now() - start) / n;
  await slot.end();
  const measured = await emptyPlan(bench, n, 'queued');
  const warmUp = await emptyPlan(bench, 20, 'warm-queue');
  const seconds = await timed(bench, { workers: 1, tasks: NOTHING, warmUp, measured });
  const withQueue = (1000 * seconds) / n;
  return { parts: n, msDirect: round(without), msQueued: round(withQueue), msOverhead: round(withQueue - without) };
}

/** Faces per second of feature extraction, 60 to 63 faces per part. */
async function faces(bench: Bench): Promise<object> {
  const n = 1024;
  const perSecond: Record<string, number> = {};
  for (const workers of bench.workers) {
    // Part sizes differ each time, so that no part is already done.
    const rows = 64 - workers;
    const model = 'shallow-cnn/softmax';
    const warmUp = await planFeatures(
      bench.store,
      { model, rows: 8, synthetic: 8 * 6 * workers + workers },
      bench.versions,
    );
    const measured = await planFeatures(bench.store, { model, rows, synthetic: n }, bench.versions);
    perSecond[workers] = round(n / (await timed(bench, { workers, warmUp, measured })));
  }
  return { model: 'shallow-cnn/softmax', faces: n, perSecond };
}

/** Cells per second: an L2-SVM on 1,024 features of 300 faces. */
async function cells(bench: Bench): Promise<object> {
  const perSecond: Record<string, number> = {};
  const n = 12;
  for (const workers of bench.workers) {
    const grid = (heads: readonly string[]) => ({
      backbones: ['shallow-cnn:epochs=1'],
      seeds: [1],
      heads,
      synthetic: 300,
    });
    const heads = (from: number, count: number) =>
      Array.from(
        { length: count },
        (_, i) => `l2svm:C=${(1e-3 * (1 + (from + i) / 1000) + workers * 1e-4).toPrecision(8)}`,
      );
    // The backbone is trained in the warm-up.
    const warmUp = await planExperiment(bench.store, grid(heads(500, 4 * workers)), bench.versions);
    const measured = await planExperiment(bench.store, grid(heads(0, n)), bench.versions);
    perSecond[workers] = round(n / (await timed(bench, { workers, warmUp, measured })));
  }
  return { cells: n, faces: 300, perSecond };
}

/** Memory of many parts in Redis, and the time to enqueue and to check them. */
async function inRedis(bench: Bench): Promise<object> {
  const n = 10_000;
  const used = async (): Promise<number> =>
    Number(/used_memory:(\d+)/.exec(await bench.redis.info('memory'))?.[1] ?? Number.NaN);
  const plan = await emptyPlan(bench, n, 'many');
  const queue = openQueue(bench.redis, 'many');
  const before = await used();
  const start = performance.now();
  await enqueue(queue, bench.store, plan);
  const enqueued = performance.now();
  const bytes = ((await used()) - before) / n;
  const looking = performance.now();
  await readStatus(queue, bench.redis, bench.store, plan);
  const looked = performance.now();
  await queue.obliterate({ force: true });
  await queue.close();
  return {
    parts: n,
    bytesPerPart: Math.round(bytes),
    enqueuedPerSecond: round((1000 * n) / (enqueued - start)),
    statusSeconds: round((looked - looking) / 1000),
  };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
