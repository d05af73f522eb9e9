import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FerError, type FileStore, memoryStore, type Progress } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cosine, sgd, type TrainOptions } from '../../src/index.js';
import { patches } from '../data.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 1 }));

const train = patches(60, 12);
const test = patches(30, 12, 1);
const OPTIONS: TrainOptions = {
  ...{ epochs: 4, batchSize: 16, learningRate: 0.02, optimizer: sgd(), schedule: cosine(), seed: 3 },
  ...{ emaDecay: 0.9, validation: test, earlyStopping: { patience: Infinity } },
};

/** What a training leaves: every weight of the network and of the layer on top, and its history. */
async function run(options: TrainOptions) {
  const backbone = smallBackbone();
  try {
    const { history, epoch } = await backbone.fit(train, { ...OPTIONS, ...options });
    const weights = backbone.model.getWeights().map((weight) => Array.from(weight.dataSync()));
    const layer = Array.from(backbone.layer!.weights.data);
    return { weights, layer, epoch, history: history.map(({ seconds, ...record }) => record) };
  } finally {
    backbone.dispose();
  }
}

/** Stops a training at its nth step. */
function stopAt(step: number): Pick<TrainOptions, 'signal' | 'onProgress'> {
  const controller = new AbortController();
  let steps = 0;
  return {
    signal: controller.signal,
    onProgress: (event) => {
      if (event.kind === 'step' && ++steps === step) controller.abort(new Error('stopped'));
    },
  };
}

describe('checkpoints', () => {
  it.each([1, 3, 4, 5, 9, 15])('go on to the same weights after a stop at step %i of 16', async (step) => {
    const whole = await run({});
    const store = memoryStore();
    const checkpoints = { store, everySteps: 3 };
    await expect(run({ checkpoints, ...stopAt(step) })).rejects.toThrow('stopped');
    expect(await run({ checkpoints })).toEqual(whole);
  });

  it('go on after each of many stops', async () => {
    const whole = await run({});
    const store = memoryStore();
    let stops = 0;
    for (;;) {
      try {
        const checkpoints = { store, everySteps: 1 };
        expect(await run({ checkpoints, ...stopAt(2) })).toEqual(whole);
        break;
      } catch (error) {
        if ((error as Error).message !== 'stopped') throw error;
        stops++;
      }
    }
    expect(stops).toBe(8);
  });

  it('of a finished training give its weights again, and take more epochs', async () => {
    const store = memoryStore();
    const schedule = () => 1;
    const first = await run({ checkpoints: { store }, epochs: 2, schedule });
    const steps: Progress[] = [];
    const onProgress = (event: Progress) => void (event.kind === 'step' && steps.push(event));
    expect(await run({ checkpoints: { store }, epochs: 2, schedule, onProgress })).toEqual(first);
    expect(steps).toHaveLength(0);
    expect(await run({ checkpoints: { store }, epochs: 4, schedule })).toEqual(await run({ epochs: 4, schedule }));
  });

  it('are kept as many as asked for, and reported', async () => {
    const store = memoryStore();
    const events: string[] = [];
    const onProgress = (event: Progress) => {
      if (event.kind === 'checkpoint') events.push(`${event.action} ${event.file.split('/').at(-1)}`);
    };
    await run({ checkpoints: { store, keep: 3 }, onProgress });
    expect(await store.list()).toEqual(
      [8, 12, 16].map((step) => `checkpoint-0000000${`${step}`.padStart(2, '0')}.bin`),
    );
    await run({ checkpoints: { store, keep: 3 }, onProgress });
    expect(events).toEqual([
      ...[4, 8, 12, 16].map((step) => `saved checkpoint-0000000${`${step}`.padStart(2, '0')}.bin`),
      'resumed checkpoint-000000016.bin',
    ]);
  });

  const damages: [string, (bytes: Uint8Array) => Uint8Array][] = [
    ['a bit flipped', (bytes) => bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 4 : byte))],
    ['its end cut off', (bytes) => bytes.slice(0, -5)],
    ['nothing left', () => new Uint8Array(0)],
    ['other bytes', (bytes) => bytes.map((_, i) => i * 7)],
  ];
  it.each(damages)('with %s fall back to the one before, and say so', async (_, damage) => {
    const whole = await run({});
    const store = memoryStore();
    await expect(run({ checkpoints: { store }, ...stopAt(13) })).rejects.toThrow('stopped');
    const [before, newest] = await store.list();
    await store.write(newest, damage(await store.read(newest)));
    const events: Progress[] = [];
    const resumed = await run({ checkpoints: { store }, onProgress: (event) => events.push(event) });
    expect(resumed).toEqual(whole);
    expect(events[0]).toMatchObject({ kind: 'checkpoint', action: 'damaged', file: `memory/${newest}` });
    expect(events[1]).toMatchObject({ kind: 'checkpoint', action: 'resumed', file: `memory/${before}`, step: 8 });
  });

  it('that are all damaged are refused', async () => {
    const store = memoryStore();
    await run({ checkpoints: { store }, epochs: 1 });
    await store.write((await store.list())[0], new Uint8Array(100));
    await expect(run({ checkpoints: { store } })).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it.each([
    ['seed', { seed: 4 }],
    ['batchSize', { batchSize: 20 }],
    ['optimizer', { optimizer: sgd({ momentum: 0.5 }) }],
    ['emaDecay', { emaDecay: 0.5 }],
    ['classWeight', { classWeight: [1, 2, 1] }],
  ])('of a training with another %s are refused', async (name, options) => {
    const store = memoryStore();
    await run({ checkpoints: { store }, epochs: 1 });
    const other = run({ checkpoints: { store }, ...options });
    await expect(other).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(`another .*${name}`),
    });
  });

  it('that can not be written end the training, and leave those before', async () => {
    const inner = memoryStore();
    let writes = 0;
    const full: FileStore = {
      ...inner,
      async write(name, bytes) {
        if (++writes > 2) throw new FerError('IO', 'ENOSPC: no space left on device.', { file: name });
        await inner.write(name, bytes);
      },
    };
    await expect(run({ checkpoints: { store: full } })).rejects.toMatchObject({ code: 'IO' });
    expect(await inner.list()).toHaveLength(2);
    expect(await run({ checkpoints: { store: inner } })).toEqual(await run({}));
  });

  it('stay good where the weights leave the finite numbers', async () => {
    const store = memoryStore();
    const schedule = (step: number) => (step < 9 ? 1 : 1e42);
    const diverging = { checkpoints: { store, everySteps: 1 }, schedule, learningRate: 0.01 };
    await expect(run(diverging)).rejects.toMatchObject({
      code: 'DIVERGED',
      message: expect.stringMatching(/lower the rate/),
    });
    const calm = await run({ checkpoints: { store }, schedule: () => 1, learningRate: 0.01 });
    expect(calm.history).toHaveLength(4);
    expect(calm.weights.flat().every(Number.isFinite)).toBe(true);
  });
});

describe('a killed training', () => {
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });
  const script = fileURLToPath(new URL('killed/train.ts', import.meta.url));

  /**
   * Runs the training in a process of its own, which kills itself in its nth write of a checkpoint, some turns of the
   * event loop after that began. Gives the digest of its weights; undefined where it was killed.
   */
  async function train(store: string, killAt = Infinity, turns = 0, network = 'chain'): Promise<string | undefined> {
    const child = promisify(execFile)(process.execPath, [
      '--import',
      'tsx',
      script,
      store,
      `${killAt}`,
      `${turns}`,
      network,
    ]);
    try {
      return /digest (\w+)/.exec((await child).stdout)?.[1];
    } catch (error) {
      if ((error as { signal?: string }).signal === 'SIGKILL') return undefined;
      throw error;
    }
  }

  it('ends with the weights of one that was never killed, also when killed in the middle of a write', async () => {
    const place = await mkdtemp(join(tmpdir(), 'fer-killed-'));
    folders.push(place);
    const whole = await train(join(place, 'whole'));
    expect(whole).toMatch(/^[0-9a-f]{64}$/);
    const store = join(place, 'killed');
    // Each process gets two writes further, and is killed a turn later in its third.
    for (const turns of [0, 1, 2, 3]) expect(await train(store, 3, turns)).toBeUndefined();
    expect(await train(store)).toBe(whole);
    expect((await readdir(store)).filter((name) => name.startsWith('checkpoint-'))).toHaveLength(2);
  });

  it('of a graph ends with the weights of one that was never killed', async () => {
    const place = await mkdtemp(join(tmpdir(), 'fer-graph-'));
    folders.push(place);
    const whole = await train(join(place, 'whole'), Infinity, 0, 'graph');
    expect(whole).toMatch(/^[0-9a-f]{64}$/);
    expect(await train(join(place, 'killed'), 3, 2, 'graph')).toBeUndefined();
    expect(await train(join(place, 'killed'), Infinity, 0, 'graph')).toBe(whole);
  });

  it('is not misled by half a file under a checkpoint’s name', async () => {
    const place = await mkdtemp(join(tmpdir(), 'fer-torn-'));
    folders.push(place);
    const store = join(place, 'torn');
    const whole = await train(join(place, 'whole'));
    expect(await train(store, 4)).toBeUndefined();
    const newest = (await readdir(store))
      .filter((name) => name.startsWith('checkpoint-'))
      .sort()
      .at(-1)!;
    const bytes = await readFile(join(store, newest));
    await writeFile(join(store, newest), bytes.subarray(0, bytes.length / 2));
    expect(await train(store)).toBe(whole);
  });
});
