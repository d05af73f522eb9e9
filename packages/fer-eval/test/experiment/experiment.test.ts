import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FeatureExtractor, FeatureMatrix, Images, Progress } from 'fer-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { threadsWithin } from '../../src/experiment/headPool.js';
import { type ExperimentCell, runExperiment, summarizeExperiment } from '../../src/node.js';
import { backbone, data } from './fixture.js';
import { failing, heads } from './heads.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fer-experiment-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What a run did, and what it left. */
async function run(options: Partial<Parameters<typeof runExperiment>[0]> = {}) {
  const made: string[] = [];
  const events: Progress[] = [];
  const { cells, computed } = await runExperiment({
    backbones: ['x', 'y'].map((name) => backbone(name, (made_, seed) => made.push(`${made_}${seed}`))),
    heads,
    seeds: [1, 2],
    data,
    folder,
    onProgress: (event) => events.push(event),
    ...options,
  });
  const damaged = events.flatMap((event) =>
    event.kind === 'checkpoint' && event.action === 'damaged' ? event.file : [],
  );
  return { cells, computed, made, events, damaged };
}

/** A cell without what is different every time. */
const timeless = ({ seconds, finished, ...cell }: ExperimentCell) => cell;
const ledger = async (): Promise<Record<string, unknown>[]> =>
  (await readFile(join(folder, 'ledger.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('runExperiment', () => {
  it('measures the whole grid, each backbone made once a seed', async () => {
    const { cells, computed, made, events } = await run();
    expect(made).toEqual(['x1', 'x2', 'y1', 'y2']);
    expect(computed).toBe(8);
    expect(cells.map(({ backbone, seed, head }) => `${backbone}${seed} ${head}`)).toEqual(
      made.flatMap((name) => [`${name} absolute`, `${name} squared`]),
    );
    for (const { evaluations, predicted } of cells) {
      const hits = predicted.test.filter((label, i) => label === data.test.labels[i]).length;
      expect(evaluations.test.correct).toBe(hits);
      expect(evaluations.validation?.n).toBe(30);
    }
    const lines = await ledger();
    expect(lines.map(({ key }) => key)).toEqual(cells.map(({ key }) => key));
    expect(lines[1]).toMatchObject({
      options: { backbone: { name: 'x' }, head: { power: 2 } },
      data: { train: expect.stringMatching(/^[0-9a-f]{64}$/) },
      versions: { node: process.version },
      accuracy: { test: cells[1].evaluations.test.accuracy },
      converged: true,
    });
    expect(events.at(-1)).toEqual({ kind: 'transform', done: 8, total: 8 });
    expect(events.filter((event) => event.kind === 'checkpoint' && event.action === 'saved')).toHaveLength(4);
  });

  it('reads what is finished, and computes what a grown grid adds', async () => {
    const first = await run();
    const second = await run();
    expect([second.computed, second.made, second.damaged]).toEqual([0, [], []]);
    expect(second.cells).toEqual(first.cells);
    const grown = await run({
      seeds: [1, 2, 3],
      heads: [...heads, { ...heads[0], options: { power: 1, new: true }, name: 'more' }],
    });
    expect(grown.made).toEqual(['x3', 'y3']);
    expect(grown.computed).toBe(4 + 6);
    expect(await ledger()).toHaveLength(18);
  });

  it('takes other options or other data for something else', async () => {
    await run({ seeds: [1] });
    const other = await run({ seeds: [1], heads: heads.map((head) => ({ ...head, options: { power: 3 } })) });
    expect([other.computed, other.made]).toEqual([4, []]);
    const labels = data.train.labels.slice().reverse();
    const moved = await run({ seeds: [1], data: { ...data, train: { ...data.train, labels } } });
    expect([moved.computed, moved.made]).toEqual([4, ['x1', 'y1']]);
  });

  it('computes again what is damaged, and says so', async () => {
    const first = await run({ seeds: [1] });
    const cell = join(folder, 'cells', `${first.cells[0].key}.json`);
    await writeFile(cell, (await readFile(cell, 'utf8')).replace(/"correct":\d+/, '"correct":40'));
    await truncate(join(folder, 'cells', `${first.cells[2].key}.json`), 100);
    const features = (await readdir(join(folder, 'features'))).map((name) =>
      join(folder, 'features', name, 'test.f32'),
    );
    for (const file of features) await truncate(file, 16);
    await appendFile(join(folder, 'ledger.jsonl'), '{"key":"abc');
    const second = await run({ seeds: [1] });
    expect(second.damaged.sort()).toEqual(
      [cell, ...features, join(folder, 'cells', `${first.cells[2].key}.json`), join(folder, 'ledger.jsonl')].sort(),
    );
    expect([second.computed, second.made]).toEqual([2, ['x1', 'y1']]);
    expect(second.cells.map(timeless)).toEqual(first.cells.map(timeless));
    expect(await ledger()).toHaveLength(6);
    expect((await run({ seeds: [1] })).damaged).toEqual([]);
  });

  it('adds lines that the ledger lacks', async () => {
    await run({ seeds: [1] });
    await rm(join(folder, 'ledger.jsonl'));
    expect((await run({ seeds: [1] })).computed).toBe(0);
    expect(await ledger()).toHaveLength(4);
  });

  it('stops when told to, and goes on later', async () => {
    const controller = new AbortController();
    let cells = 0;
    const running = run({
      signal: controller.signal,
      onCell: () => {
        if (++cells === 3) controller.abort(new Error('enough'));
      },
    });
    await expect(running).rejects.toThrow('enough');
    expect((await run()).computed).toBe(5);
  });

  it('rejects when it was aborted before, during the features, or by its last cell', async () => {
    const reason = new Error('enough');
    await expect(run({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const during = new AbortController();
    const deaf = backbone('deaf', () => during.abort(reason)); // aborts while it is made, and goes on
    await expect(run({ backbones: [deaf], seeds: [1], signal: during.signal })).rejects.toBe(reason);
    // Its features were written all the same.
    expect((await run({ backbones: [deaf], seeds: [1] })).events[0]).toMatchObject({ action: 'resumed' });
    const late = new AbortController();
    const last = run({ seeds: [7], onCell: () => late.abort(reason), signal: late.signal });
    await expect(last).rejects.toBe(reason);
  });

  it('leaves no listener on the signal, with and without threads', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    await run({ signal });
    expect(listeners).toBe(0);
    const module = new URL('nowhere.mjs', import.meta.url);
    await expect(run({ signal, seeds: [3], workers: { module, threads: 1 } })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
    expect(listeners).toBe(0);
  });

  it('calls the methods of classes on their objects', async () => {
    class Backbone {
      readonly name = 'class';
      readonly #scale = 2;
      async make(): Promise<FeatureExtractor<Images>> {
        return new Extractor(this.#scale);
      }
    }
    class Extractor implements FeatureExtractor<Images> {
      readonly outputSize = 4;
      readonly #scale: number;
      constructor(scale: number) {
        this.#scale = scale;
      }
      async transform({ images, n }: Images): Promise<FeatureMatrix> {
        return { data: Float32Array.from(images, (value) => this.#scale * value), rows: n, columns: this.outputSize };
      }
      serialize(): Promise<never> {
        return Promise.reject(new Error('not asked for'));
      }
      dispose(): void {}
    }
    class Candidate {
      readonly name = 'class';
      readonly #inner = heads[0];
      make(context: { readonly seed: number }) {
        return this.#inner.make(context);
      }
    }
    const seen: number[] = [];
    class Progresses {
      readonly #seen = seen;
      onProgress(event: Progress): void {
        if (event.kind === 'transform') this.#seen.push(event.done);
      }
    }
    const options = { backbones: [new Backbone()], heads: [new Candidate()], seeds: [1], data, folder };
    const { cells } = await runExperiment(Object.assign(new Progresses(), options));
    expect(cells).toHaveLength(1);
    expect(seen).toEqual([1]);
  });

  it("ends with a head's own error, and keeps what was finished", async () => {
    await expect(run({ heads: [heads[0], failing] })).rejects.toMatchObject({ code: 'DIVERGED' });
    expect((await run({ heads: [heads[0]], seeds: [1] })).made).toEqual(['y1']);
  });

  it('says which function returned no backbone or head', async () => {
    const nothing = { options: {}, make: async () => undefined as never };
    await expect(run({ backbones: [{ ...nothing, name: 'mine' }] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'what make of backbone "mine" returned is undefined: return the trained backbone.',
    });
    await expect(run({ heads: [{ ...nothing, name: 'own' }] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^what make of head "own" returned is undefined: return an unfitted head/),
    });
  });

  it('refuses a backbone that drops rows, and stores nothing of it', async () => {
    const whole = backbone('x', () => undefined);
    const short = {
      ...whole,
      async make(context: Parameters<typeof whole.make>[0]) {
        const made = await whole.make(context);
        const transform = async (images: Images): Promise<FeatureMatrix> => {
          const { data, rows, columns } = await made.transform(images);
          return { data: data.slice(columns), rows: rows - 1, columns };
        };
        return {
          outputSize: made.outputSize,
          transform,
          serialize: () => made.serialize(),
          dispose: () => made.dispose(),
        };
      },
    };
    await expect(run({ backbones: [short] })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringMatching(/backbone "x" gave \d+ rows of features for the \d+ images of train/),
    });
    expect((await run({ backbones: [whole] })).computed).toBe(4);
  });

  it.each([
    ['no heads', { heads: [] }, 'INVALID_ARGUMENT'],
    ['a name twice', { heads: [heads[0], heads[0]] }, 'INVALID_ARGUMENT'],
    ['a seed twice', { seeds: [1, 1] }, 'INVALID_ARGUMENT'],
    ['half a seed', { seeds: [0.5] }, 'INVALID_ARGUMENT'],
    ['other classes', { data: { ...data, test: { ...data.test, classes: ['c', 'b', 'a'] } } }, 'INVALID_DATA'],
  ])('refuses %s', async (_, options, code) => {
    await expect(run(options)).rejects.toMatchObject({ code });
  });

  it('summarises over the seeds', async () => {
    const { cells } = await run({ seeds: [1, 2, 3] });
    const [first] = summarizeExperiment(cells);
    const accuracies = [0, 2, 4].map((i) => cells[i].evaluations.test.accuracy);
    expect(first).toMatchObject({ backbone: 'x', head: 'absolute', seeds: [1, 2, 3], accuracies });
    const mean = (accuracies[0] + accuracies[1] + accuracies[2]) / 3;
    const variance = accuracies.reduce((sum, a) => sum + (a - mean) ** 2 / 2, 0);
    expect(first.standardDeviation).toBeCloseTo(Math.sqrt(variance), 12);
    expect(summarizeExperiment(cells.slice(0, 1))[0].standardDeviation).toBeNull();
  });
});

describe('threadsWithin', () => {
  const features = { train: { data: new Float32Array(1e6), rows: 1000, columns: 1000 } };
  const module = new URL('file:///x.js');
  it.each([
    ['cores', { threads: 3, memory: 1e9 }, 10, 3],
    ['cells', { threads: 3, memory: 1e9 }, 2, 2],
    ['memory', { threads: 8, memory: 14e6 }, 10, 2],
    ['one at least', { threads: 8, memory: 1e6 }, 10, 1],
  ])('is bounded by %s', (_, options, cells, expected) => {
    expect(threadsWithin({ module, ...options }, features, cells)).toBe(expected);
  });
});

describe('in a process of its own', () => {
  const root = fileURLToPath(new URL('../../../../', import.meta.url));

  /** Runs it until it has said so many lines that match, and kills it then; or to its end. */
  function start(args: readonly string[], milliseconds: number, killAfter?: { line: RegExp; count: number }) {
    const child = spawn(
      process.execPath,
      [join(root, 'node_modules/tsx/dist/cli.mjs'), 'packages/fer-eval/test/experiment/main.ts', folder, ...args],
      { cwd: root, env: { ...process.env, FIT_MILLISECONDS: String(milliseconds) }, detached: true },
    );
    let text = '';
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const seen = killAfter && text.split('\n').filter((line) => killAfter.line.test(line)).length;
      if (killAfter && seen! >= killAfter.count && child.exitCode === null) process.kill(-child.pid!, 'SIGKILL');
    });
    return new Promise<Record<string, unknown>[]>((resolve, reject) => {
      child.on('close', (code) => {
        if (code !== 0 && !killAfter) return reject(new Error(errors));
        resolve(
          text
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line)),
        );
      });
    });
  }

  it('is killed in the middle of a fit, and goes on where it was', async () => {
    const killed = await start([], 250, { line: /"cell"/, count: 3 });
    const finished = killed.filter((line) => 'cell' in line).length;
    expect(finished).toBeLessThan(12);
    const onDisk = (await readdir(join(folder, 'cells'))).filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).length;
    expect(onDisk).toBeGreaterThanOrEqual(finished);
    const withFeatures = (await readdir(join(folder, 'features'))).filter((name) => !name.endsWith('.tmp')).length;
    expect(withFeatures).toBeGreaterThanOrEqual(2);

    const resumed = await start([], 0);
    const last = resumed.at(-1) as { computed: number; cells: ExperimentCell[] };
    expect(last.computed).toBe(12 - onDisk);
    const made = resumed.filter((line) => 'made' in line).map((line) => `${line.made}${line.seed}`);
    expect(made).toHaveLength(6 - withFeatures);
    expect(made).not.toContain('x1');
    expect(made).toContain('y3');
    expect(await ledger()).toHaveLength(12);
    expect(await readdir(join(folder, 'features'))).toHaveLength(6);

    await rm(folder, { recursive: true });
    const whole = (await run({ seeds: [1, 2, 3] })).cells;
    expect(last.cells.map(timeless)).toEqual(JSON.parse(JSON.stringify(whole.map(timeless))));
  });

  it('fits heads in threads, to the same figures, and tells their errors', async () => {
    const lines = await start(['2'], 0);
    const { computed, cells } = lines.at(-1) as { computed: number; cells: ExperimentCell[] };
    expect(computed).toBe(2);
    const refused = lines.filter((line) => 'stranger' in line || 'changed' in line);
    expect(refused).toEqual([{ stranger: 'NOT_FOUND' }, { changed: 'INVALID_ARGUMENT' }]);
    await rm(folder, { recursive: true });
    const here = await run({ seeds: [1] });
    expect(cells.map(timeless)).toEqual(JSON.parse(JSON.stringify(here.cells.slice(0, 2).map(timeless))));
  });
});
