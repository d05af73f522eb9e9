import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backbones } from 'fer-backbones';
import { loadClassifier, selectRows } from 'fer-core';
import { syntheticFaces } from 'fer-data';
import { type ExperimentCell, runExperiment } from 'fer-eval/node';
import { readFaces } from 'fer-faces';
import { heads } from 'fer-heads';
import { pretrainedFolder } from 'fer-models';
import { useWasm } from 'fer-wasm';
import type { Redis } from 'ioredis';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backboneOf, headNames, headOf, readEntry } from '../../cluster/experiment/grid.js';
import { planExperiment } from '../../cluster/experiment/plan.js';
import { experimentTable, readCells } from '../../cluster/experiment/report.js';
import { planFeatures } from '../../cluster/features/plan.js';
import { readJobFeatures } from '../../cluster/features/read.js';
import { faceSplits } from '../../cluster/inputs/faces.js';
import { findDone, type Plan, type StoredPlan, writePlan } from '../../cluster/jobs/plan.js';
import { enqueue, openQueue, type PartQueue } from '../../cluster/jobs/queue.js';
import { readStatus } from '../../cluster/jobs/status.js';
import { ownVersions, type Versions, versionDifference } from '../../cluster/jobs/versions.js';
import { type RunningWorker, startWorker } from '../../cluster/jobs/worker.js';
import { csvHeader, csvLine } from '../../cluster/labels/csv.js';
import { planLabels } from '../../cluster/labels/plan.js';
import { labelsCsv } from '../../cluster/labels/report.js';
import { connectRedis } from '../../cluster/redis/connect.js';
import { embeddedRedis, leaveRedis } from '../../cluster/redis/embedded.js';
import { openStore } from '../../cluster/stores/openStore.js';
import type { Store } from '../../cluster/stores/store.js';
import { lastLine, runExample } from '../run.js';
import { hasRedis, startRedis, type TestRedis } from './redisServer.js';
import { startS3, type TestS3 } from './s3Server.js';

const MODEL = 'tiny-vgg/softmax';

describe.skipIf(!hasRedis)('jobs of every kind, in S3 (skipped where redis-server is not installed)', () => {
  let server: TestRedis;
  let s3: TestS3;
  let redis: Redis;
  let queue: PartQueue;
  let store: Store;
  let folder: string;
  let versions: Versions;
  let worker: RunningWorker;

  beforeAll(async () => {
    server = await startRedis();
    s3 = await startS3();
    redis = await connectRedis(server.url);
    queue = openQueue(redis, 'kinds');
    folder = await mkdtemp(join(tmpdir(), 'fer-cluster-'));
    versions = await ownVersions();
    const location = `s3://${s3.bucket}/kinds`;
    store = await openStore(location);
    worker = await startWorker({ redis: await connectRedis(server.url), queue: 'kinds', store: location, slots: 1 });
    await useWasm({ threads: 1 });
  });
  afterAll(async () => {
    await worker?.stop();
    await queue?.close();
    redis?.disconnect();
    await s3?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Does a job, but for what is set aside. */
  async function run(plan: Plan): Promise<StoredPlan> {
    const stored = await writePlan(store, plan);
    await enqueue(queue, store, stored, { attempts: 1 });
    for (;;) {
      const { counts } = await readStatus(queue, redis, store, stored);
      if (counts.done + counts.setAside === counts.total) return stored;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const outputs = (plan: StoredPlan): Promise<Uint8Array[]> =>
    Promise.all(plan.parts.map(({ output }) => store.folder(output.folder).read(output.name)));

  /** Has a job done once more. */
  async function again(plan: StoredPlan): Promise<Uint8Array[]> {
    for (const { output } of plan.parts) await store.folder(output.folder).remove(output.name);
    const { id, ...rest } = plan;
    expect((await run(rest)).id).toBe(id);
    return outputs(plan);
  }

  it('extracts the features that the backbone gives, to the same bytes each time', async () => {
    const plan = await run(await planFeatures(store, { model: MODEL, rows: 8, synthetic: 20 }, versions));
    expect(plan.parts.map(({ size }) => size)).toEqual([8, 8, 4]);
    const faces = syntheticFaces({ n: 20, seed: 1 });
    const classifier = await loadClassifier(await pretrainedFolder(MODEL), { backbones, heads });
    if (!('backbone' in classifier)) throw new Error('no pipe');
    const rows: number[] = [];
    for await (const { first, features, labels } of readJobFeatures(store, plan)) {
      const own = selectRows(
        faces,
        Array.from(labels.labels, (_, i) => first + i),
      );
      const direct = await (
        classifier as unknown as { backbone: typeof import('fer-backbones').LayersBackbone.prototype }
      ).backbone.transform(own);
      expect(features.data).toEqual(direct.data);
      expect(Array.from(labels.labels)).toEqual(Array.from(own.labels));
      rows.push(first);
    }
    classifier.dispose();
    expect(rows).toEqual([0, 8, 16]);
    const before = await outputs(plan);
    expect(await again(plan)).toEqual(before);
  });

  it('computes the cells that runExperiment computes, to the same bytes each time', async () => {
    const job = { backbones: ['shallow-cnn:epochs=1'], heads: ['l2svm:C=0.01', 'softmax'], seeds: [3], synthetic: 32 };
    const plan = await run(await planExperiment(store, job, versions));
    const cells = await readCells(store, plan, await findDone(store, plan.parts));
    const { cells: local } = await runExperiment({
      backbones: job.backbones.map((name) => backboneOf(readEntry(name, BACKBONE))),
      heads: job.heads.map((name) => headOf(readEntry(name, HEAD))),
      seeds: job.seeds,
      data: await faceSplits(job),
      folder,
    });
    const figures = ({ backbone, head, seed, evaluations, predicted }: Omit<ExperimentCell, 'fit'>) => ({
      backbone,
      head,
      seed,
      evaluations: JSON.parse(JSON.stringify(evaluations)),
      predicted,
    });
    expect(cells.map((cell) => figures(cell as unknown as ExperimentCell))).toEqual(local.map(figures));
    expect(experimentTable(cells).split('\n')).toHaveLength(3);
    const before = await outputs(plan);
    expect(await again(plan)).toEqual(before);
  });

  it('labels pictures into one csv, with a line for what is no picture', async () => {
    const pictures = join(folder, 'pictures');
    await mkdir(join(pictures, 'sub'), { recursive: true });
    const faces = syntheticFaces({ n: 3, seed: 5 });
    const files = ['a, b.png', 'c.png', 'sub/d.png'];
    for (const [i, file] of files.entries()) {
      const raw = { width: 48, height: 48, channels: 1 } as const;
      await sharp(faces.images.slice(i * 2304, (i + 1) * 2304), { raw })
        .png()
        .toFile(join(pictures, file));
    }
    await writeFile(join(pictures, 'broken.jpg'), 'this is no picture');
    const job = { pictures, model: MODEL, reading: 'whole', rows: 3 } as const;
    const plan = await run(await planLabels(store, job, versions));
    expect(plan.parts).toHaveLength(2);

    const classifier = await loadClassifier(await pretrainedFolder(MODEL), { backbones, heads });
    // In the batches of the parts: the last digits of a float depend on the batch.
    const [first, second] = [selectRows(faces, [0, 1]), selectRows(faces, [2])];
    const readings = [...(await readFaces(classifier, first)), ...(await readFaces(classifier, second))];
    const { classes } = classifier;
    classifier.dispose();
    const line = (i: number): string =>
      csvLine(
        {
          file: files[i],
          face: 1,
          expression: readings[i].expression,
          values: Object.values(readings[i].probabilities!),
        },
        classes,
      );
    let csv = '';
    for await (const piece of labelsCsv(store, plan, await findDone(store, plan.parts))) {
      csv += new TextDecoder().decode(piece);
    }
    const lines = csv.trimEnd().split('\n');
    expect(`${lines[0]}\n`).toBe(csvHeader(classes));
    expect(lines[1].startsWith('"a, b.png",1,')).toBe(true);
    expect([1, 3, 4].map((i) => `${lines[i]}\n`)).toEqual([0, 1, 2].map(line));
    expect(lines[2]).toMatch(/^broken\.jpg,.*not an image/);
    const before = await outputs(plan);
    expect(await again(plan)).toEqual(before);

    // A picture that was changed is refused until the job is enqueued again.
    await writeFile(join(pictures, 'c.png'), 'changed');
    for (const { output } of plan.parts) await store.folder(output.folder).remove(output.name);
    const { id, ...rest } = plan;
    await run(rest);
    const { setAside, counts } = await readStatus(queue, redis, store, plan);
    expect(counts).toMatchObject({ done: 1, setAside: 1 });
    expect(setAside[0].error).toContain('has changed since the job was enqueued');
  });

  it('sets aside a part whose input is damaged', async () => {
    const plan = await planFeatures(store, { model: MODEL, rows: 3, synthetic: 9 }, versions);
    const { faces } = plan.parts[1].input as { faces: string };
    const bytes = await store.folder('inputs').read(faces);
    bytes[200] ^= 1;
    await store.folder('inputs').write(faces, bytes);
    const stored = await run(plan);
    const { setAside, counts } = await readStatus(queue, redis, store, stored);
    expect(counts).toMatchObject({ done: 2, setAside: 1 });
    expect(setAside[0].error).toContain('the file has changed since it was written');
  });

  it('refuses what no worker could do, before anything is enqueued', async () => {
    const ensemble = { model: 'compact-vgg-ensemble/softmax', rows: 8, synthetic: 8 };
    await expect(planFeatures(store, ensemble, versions)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const nowhere = { pictures: join(folder, 'nowhere'), model: MODEL, reading: 'whole', rows: 8 } as const;
    await expect(planLabels(store, nowhere, versions)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const twice = { backbones: ['shallow-cnn'], heads: ['softmax', 'softmax'], seeds: [1], synthetic: 8 };
    await expect(planExperiment(store, twice, versions)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe.skipIf(!hasRedis)('an embedded Redis (skipped where redis-server is not installed)', () => {
  it('is shared, stops with the last that uses it, and keeps what it holds', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fer-embedded-'));
    try {
      const first = await embeddedRedis(folder);
      await first.set('x', '1');
      const second = await embeddedRedis(folder);
      expect(await second.get('x')).toBe('1');
      await leaveRedis(first);
      expect(await second.ping()).toBe('PONG');
      await leaveRedis(second);
      const third = await embeddedRedis(folder);
      expect(await third.get('x')).toBe('1');
      await leaveRedis(third);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('serves the commands, one after another', async () => {
    const store = await mkdtemp(join(tmpdir(), 'fer-cluster-'));
    try {
      const put = ['enqueue', 'features', '--synthetic', '8', '--rows', '4', '--model', MODEL, '--store', store];
      const { stdout } = await runExample('cluster', put);
      expect(stdout).toContain('2 parts: 0 already done, 2 queued');
      await runExample('cluster', ['work', '--until-empty', '--concurrency', '1', '--store', store]);
      const status = await runExample('cluster', ['status', '--json', '--store', store]);
      expect(lastLine(status.stdout)).toMatchObject({ kind: 'features', parts: { total: 2, done: 2 } });
      const report = await runExample('cluster', ['report', '--store', store]);
      expect(report.stdout).toContain('in 2 chunks');
    } finally {
      await rm(store, { recursive: true, force: true });
    }
  });
});

describe('the command line', () => {
  it('shows what there is, and says what is wrong', async () => {
    expect((await runExample('cluster', ['--help'])).stdout).toContain('enqueue experiment');
    await expect(runExample('cluster', ['labour'])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no command "labour"'),
    });
  });
});

const BACKBONE = { names: ['shallow-cnn', 'compact-vgg'], options: ['epochs', 'learningRate'] };
const HEAD = { names: headNames, options: ['C'] };

describe('an entry of a grid', () => {
  it('has a name and options', () => {
    expect(readEntry('l2svm:C=0.01', HEAD)).toEqual({ name: 'l2svm:C=0.01', of: 'l2svm', options: { C: 0.01 } });
    const { options } = readEntry('shallow-cnn:learningRate=1e-3,epochs=4', BACKBONE);
    expect(JSON.stringify(options)).toBe('{"epochs":4,"learningRate":0.001}');
  });

  it.each(['svm', 'l2svm:D=1', 'l2svm:C=', 'l2svm:C=-1', 'l2svm:C'])('is refused: %s', (text) => {
    expect(() => readEntry(text, HEAD)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('versions', () => {
  it('are the same each time, and told apart by name', async () => {
    const own = await ownVersions();
    expect(await ownVersions()).toEqual(own);
    expect(own.code).toMatch(/^[0-9a-f]{64}$/);
    expect(versionDifference(own, own)).toBe('');
    expect(versionDifference(own, { ...own, node: 'v99' })).toBe(`node ${own.node} here, v99 there`);
  });
});

describe('a line of labels', () => {
  it('quotes what csv needs quoted', () => {
    expect(csvHeader(['happy'])).toBe('file,face,x,y,width,height,score,expression,happy,error\n');
    const row = { file: 'a "b", c.jpg', face: 1, x: 1.23456789, expression: 'happy', values: [1 / 3] };
    expect(csvLine(row, ['happy'])).toBe('"a ""b"", c.jpg",1,1.234568,,,,,happy,0.333333,\n');
  });
});
