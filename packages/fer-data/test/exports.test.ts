import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFerError } from 'fer-core';
import * as portable from 'fer-data';
import * as node from 'fer-data/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const faces = portable.syntheticFaces({ n: 14, seed: 1 });
const functions = Object.entries<unknown>({ ...portable, ...node }).filter(
  (entry): entry is [string, (...args: unknown[]) => unknown] => typeof entry[1] === 'function',
);

const JUNK: readonly unknown[] = [undefined, null, 0, -1, Number.NaN, '', 'x', true, {}, [], new Uint8Array(3), faces];

/** Functions whose arguments are functions or numbers of one's own. */
const UNCHECKED = ['compose'];

/** What a call ends with: nothing, or the error. Results that are iterators are read; functions are called. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    let result = await call();
    if (typeof result === 'function') result = (result as (images: unknown) => unknown)(faces.images);
    if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result) {
      for await (const _ of result as AsyncIterable<unknown>);
    } else if (typeof result === 'object' && result !== null && 'next' in result && Symbol.iterator in result) {
      for (const _ of result as unknown as Iterable<unknown>);
    }
  } catch (error) {
    return error;
  }
}

let start: string;
let folder: string;
beforeAll(async () => {
  // Some calls with a name for a path would write.
  start = process.cwd();
  folder = await mkdtemp(join(tmpdir(), 'fer-exports-'));
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(start);
  await rm(folder, { recursive: true, force: true });
});

describe('every exported function', () => {
  it('is covered', () => {
    expect(functions.length).toBeGreaterThan(35);
  });

  it.each(functions.filter(([name]) => !UNCHECKED.includes(name)))(
    '%s refuses junk with a FerError, if at all',
    async (_, call) => {
      const raw: string[] = [];
      const check = async (args: readonly unknown[]) => {
        const error = await outcome(() => call(...args));
        if (error !== undefined && !isFerError(error))
          raw.push(`(${args.map((a) => JSON.stringify(a)?.slice(0, 20))}): ${error}`);
      };
      for (const a of JUNK) {
        await check([a]);
        for (const b of JUNK) await check([a, b]);
      }
      for (const c of JUNK) await check([faces, 'x', c]);
      expect(raw).toEqual([]);
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
    },
  );
});

describe('options', () => {
  const batch = portable.syntheticFaces({ n: 14, seed: 2 });
  const calls: Record<string, (options: never) => unknown> = {
    audit: (options) => portable.audit(batch, options),
    augment: (options) => portable.augment(options),
    balancedSample: (options) => portable.balancedSample(batch, options),
    browserImages: (options) => portable.browserImages([], options),
    contactSheet: (options) => node.contactSheet(batch, [], options),
    cutmix: (options) => portable.cutmix(batch, undefined as never, options),
    exportCsv: (options) => node.exportCsv('a.csv', batch, options),
    exportImageFolder: (options) => node.exportImageFolder('a', batch, options),
    ferPlusLabels: (options) => portable.ferPlusLabels(undefined as never, options),
    joinFerPlus: (options) => portable.joinFerPlus({ train: batch }, undefined as never, options),
    loadFer2013: (options) => node.loadFer2013('none.csv', options),
    loadImage: (options) => node.loadImage('none.png', options),
    loadImageFolder: (options) => node.loadImageFolder('none', options),
    loadImages: (options) => node.loadImages('none', options),
    mixup: (options) => portable.mixup(batch, undefined as never, options),
    parseFer2013: (options) => portable.parseFer2013(undefined as never, options),
    parseFerPlus: (options) => portable.parseFerPlus('', options),
    randomFlip: (options) => portable.randomFlip(options),
    resizeImages: (options) => portable.resizeImages(batch, options),
    stratifiedFolds: (options) => portable.stratifiedFolds(batch, 2, options),
    stratifiedSplit: (options) => portable.stratifiedSplit(batch, 0.5, options),
    stratifiedSubset: (options) => portable.stratifiedSubset(batch, 2, options),
    streamFer2013: (options) => node.streamFer2013('none.csv', options),
    syntheticFaces: (options) => portable.syntheticFaces(options),
  };

  it.each(Object.entries(calls))(
    'of %s are refused by name where unknown, and must be an object',
    async (name, call) => {
      const code = 'INVALID_ARGUMENT';
      const unknown = await outcome(() => call({ sead: 1, colour: 2 } as never));
      expect(unknown).toMatchObject({ code, message: expect.stringContaining(`${name} has no option "sead"`) });
      for (const options of [null, 3, 'x', []]) {
        expect(await outcome(() => call(options as never))).toMatchObject({ code });
      }
    },
  );

  it('of erasing and of other calls are told apart', () => {
    expect(() => portable.augment({ erasing: { probabilty: 1 } as object })).toThrow('did you mean "probability"?');
    expect(() => portable.augment({ rotaton: 3 } as object)).toThrow('did you mean "rotation"?');
  });
});
