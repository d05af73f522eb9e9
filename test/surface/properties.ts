import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { isFerError, Random } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Call, type Calls, consume } from './call.js';
import { classBased } from './classBased.js';

/** Values of every kind that plain JavaScript may pass by mistake. */
function junk(): readonly unknown[] {
  return [
    undefined,
    null,
    0,
    -1,
    1.5,
    Number.NaN,
    '',
    'x',
    true,
    {},
    [],
    [undefined],
    () => undefined,
    new Uint8Array(3),
    new Float32Array(3),
    Promise.resolve({}),
    new Date(0),
  ];
}

/** A name that no option has, and that is spelt like none. */
const UNKNOWN = 'zzqqzzqq';

/** What a call ends with: what it throws, or undefined. The result is read to its end and disposed. */
async function outcome(target: Call, args: readonly unknown[]): Promise<unknown> {
  try {
    await consume(await (target.call as (...args: readonly unknown[]) => unknown)(...args));
    return undefined;
  } catch (error) {
    return error ?? new Error(`it threw ${error}`);
  }
}

function isExpected(error: unknown, { fails }: Call): boolean {
  return fails === undefined ? error === undefined : isFerError(error, fails);
}

function shown(values: readonly unknown[]): string {
  return values
    .map((value) => {
      if (typeof value === 'function') return 'function';
      return value instanceof Promise ? 'Promise' : (JSON.stringify(value)?.slice(0, 60) ?? String(value));
    })
    .join(', ');
}

/** The valid arguments, with other options. */
async function withOptions(target: Call, options: object): Promise<unknown[]> {
  const args = [...(await target.args())];
  const at = target.options!;
  while (args.length < at) args.push(undefined);
  args[at] = { ...(args[at] as object | undefined), ...options };
  return args;
}

/** The names of the options of a call, as its message about an unknown one lists them. */
async function optionNames(target: Call): Promise<{ names: readonly string[]; error: unknown }> {
  const error = await outcome(target, await withOptions(target, { [UNKNOWN]: 1 }));
  const list = isFerError(error, 'INVALID_ARGUMENT')
    ? / has no option "zzqqzzqq": its options are (.+)\.$/.exec(error.message)?.[1]
    : undefined;
  return { names: list?.split(', ') ?? [], error };
}

/** Holds an entry of a package to the promises that every export makes. */
export function holdsPromises(entry: string, exports: Readonly<Record<string, unknown>>, calls: Calls): void {
  describe(entry, () => {
    // Where junk is taken for a path, what is written goes to a folder of its own.
    const start = process.cwd();
    let folder: string;
    beforeAll(async () => {
      await useWasm({ threads: 1 });
      folder = await mkdtemp(join(tmpdir(), 'fer-surface-'));
      process.chdir(folder);
    });
    afterAll(async () => {
      process.chdir(start);
      await rm(folder, { recursive: true, force: true });
    });

    it('has no export that is not tried here', () => {
      const named = new Set(Object.keys(calls).map((name) => name.split(/[ .(]/)[0]));
      const functions = Object.entries(exports).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
      expect(functions.filter((name) => !named.has(name))).toEqual([]);
      expect([...named].filter((name) => !(name in exports))).toEqual([]);
    });

    const tried = Object.entries(calls).filter((named): named is [string, Call] => typeof named[1] !== 'string');
    describe.each(tried)('%s', (name, target) => {
      it('takes what it is meant to take', async () => {
        const before = tf.memory().numTensors;
        const error = await outcome(target, await target.args());
        expect(isExpected(error, target) ? undefined : error).toBeUndefined();
        expect(tf.memory().numTensors).toBe(before);
      });

      it('refuses junk with a FerError, if at all, and keeps no tensor', async () => {
        const raw: string[] = [];
        const { length } = await target.args();
        for (let at = 0; at < length; at++) {
          if (target.unchecked?.[at] !== undefined) continue;
          for (const value of junk()) {
            const before = tf.memory().numTensors;
            const args = [...(await target.args())];
            args[at] = value;
            const error = await outcome(target, args);
            if (error !== undefined && !isFerError(error)) raw.push(`argument ${at + 1} ${shown([value])}: ${error}`);
            const left = tf.memory().numTensors - before;
            if (left !== 0) raw.push(`argument ${at + 1} ${shown([value])} keeps ${left} tensors`);
          }
        }
        expect(raw, raw.join('\n')).toEqual([]);
      });

      it('takes objects of classes, whose methods use this', async () => {
        const before = tf.memory().numTensors;
        const args = await target.args();
        const error = await outcome(
          target,
          args.map((value) => classBased(value)),
        );
        expect(isExpected(error, target) ? undefined : error).toBeUndefined();
        expect(tf.memory().numTensors).toBe(before);
      });

      if (target.disposed) {
        it('is refused with a FerError once its object was disposed, which may be done twice', async () => {
          const before = tf.memory().numTensors;
          const error = await outcome({ ...target, call: target.disposed! }, []);
          expect(isFerError(error) ? undefined : `it ends with ${error}`).toBeUndefined();
          expect(tf.memory().numTensors).toBe(before);
        });
      }

      if (target.options === undefined) return;

      it('refuses options that it does not have, and anything but an object of options', async () => {
        const { names, error } = await optionNames(target);
        expect(names, `an unknown option ends with ${error}`).not.toEqual([]);
        for (const options of [null, 3, 'x', true, [], new Map(), new Uint8Array(3), new Date(0), new Random(0)]) {
          const args = await withOptions(target, {});
          args[target.options!] = options;
          expect(await outcome(target, args), shown([options])).toMatchObject({ name: 'FerError' });
        }
      });

      it('does not take null for an option', async () => {
        const { names } = await optionNames(target);
        const taken: string[] = [];
        for (const name of names) {
          if (target.skippedOptions?.[name] !== undefined) continue;
          const error = await outcome(target, await withOptions(target, { [name]: null }));
          if (!isFerError(error)) taken.push(`${name}: ${error}`);
        }
        expect(taken, taken.join('\n')).toEqual([]);
      });

      it('takes undefined for every option', async () => {
        const { names } = await optionNames(target);
        const given = (await target.args())[target.options!] as object | undefined;
        for (const name of names) {
          if (name in (given ?? {})) continue;
          const error = await outcome(target, await withOptions(target, { [name]: undefined }));
          expect(isExpected(error, target) ? undefined : `${name}: ${error}`).toBeUndefined();
        }
      });

      it('refuses junk in every option with a FerError, if at all, and keeps no tensor', async () => {
        const { names } = await optionNames(target);
        const raw: string[] = [];
        for (const name of names) {
          if (target.skippedOptions?.[name] !== undefined) continue;
          for (const value of junk()) {
            const before = tf.memory().numTensors;
            const args = await withOptions(target, { [name]: value });
            const error = await outcome(target, args);
            if (error !== undefined && !isFerError(error)) raw.push(`${name} ${shown([value])}: ${error}`);
            const left = tf.memory().numTensors - before;
            if (left !== 0) raw.push(`${name} ${shown([value])} keeps ${left} tensors`);
          }
        }
        expect(raw, raw.join('\n')).toEqual([]);
      });

      it('calls onProgress as a method of options of a class', async () => {
        const { names } = await optionNames(target);
        if (!names.includes('onProgress') || target.fails !== undefined) return;
        class Options {
          #events = 0;
          onProgress(): void {
            this.#events++;
          }
          get events(): number {
            return this.#events;
          }
        }
        let events = 0;
        await outcome(target, await withOptions(target, { onProgress: () => events++ }));
        const args = await withOptions(target, {});
        const options = Object.assign(new Options(), args[target.options!]);
        args[target.options!] = options;
        expect(await outcome(target, args)).toBeUndefined();
        expect(options.events > 0).toBe(events > 0);
      });

      it('rejects with the reason of an aborted signal, and keeps no tensor', async () => {
        const { names } = await optionNames(target);
        if (!names.includes('signal') || target.notAborted !== undefined || target.fails !== undefined) return;
        const reason = new Error('enough');
        const args = await withOptions(target, { signal: AbortSignal.abort(reason) });
        const before = tf.memory().numTensors;
        expect(await outcome(target, args)).toBe(reason);
        expect(tf.memory().numTensors).toBe(before);
      });

      it('stops where its first event aborts it, and keeps no tensor', async () => {
        const { names } = await optionNames(target);
        if (!names.includes('signal') || !names.includes('onProgress')) return;
        const reason = new Error('enough');
        const controller = new AbortController();
        const { signal } = controller;
        const args = await withOptions(target, { signal, onProgress: () => controller.abort(reason) });
        const before = tf.memory().numTensors;
        const error = await outcome(target, args);
        // A call whose first event is its last one is done.
        expect(error === reason || isExpected(error, target) ? undefined : `${name}: ${error}`).toBeUndefined();
        expect(tf.memory().numTensors).toBe(before);
      });
    });
  });
}
