import type { Dataset, FeatureMatrix, Images } from 'fer-core';
import { memoryStore } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { extractFeatures, loadFeatures, readFeatures } from '../../src/index.js';
import { patches } from '../data.js';
import { smallBackbone } from '../small.js';

beforeAll(() => useWasm({ threads: 1 }));

const data = patches(100, 12);

/** The images in batches of 17; it ends with an error after some. */
function* stream(n = data.n, batch = 17, failAfter = Infinity): Generator<Dataset> {
  for (let start = 0; start < n; start += batch) {
    if (start >= failAfter) throw new Error('the network went away');
    const end = Math.min(n, start + batch);
    yield {
      ...data,
      images: data.images.subarray(start * 144, end * 144),
      labels: data.labels.subarray(start, end),
      n: end - start,
    };
  }
}

describe('extractFeatures', () => {
  it('keeps what transform gives, in chunks of the size asked for', async () => {
    const backbone = smallBackbone();
    const store = memoryStore();
    const done: number[] = [];
    const rows = await extractFeatures(backbone, stream(), store, {
      chunkRows: 30,
      onProgress: (event) => void (event.kind === 'transform' && done.push(event.done)),
    });
    expect(rows).toBe(100);
    expect(done).toEqual([30, 60, 90, 100]);
    const chunks = [];
    for await (const { first, features } of readFeatures(store)) chunks.push([first, features.rows]);
    expect(chunks).toEqual([
      [0, 30],
      [30, 30],
      [60, 30],
      [90, 10],
    ]);
    const { features, labels } = await loadFeatures(store);
    expect(features).toEqual(await backbone.transform(data));
    expect(labels).toEqual({ labels: data.labels, classes: data.classes });
    backbone.dispose();
  });

  it('goes on after the last whole chunk, without computing anything again', async () => {
    const backbone = smallBackbone();
    const store = memoryStore();
    const broken = extractFeatures(backbone, stream(100, 17, 60), store, { chunkRows: 20 });
    await expect(broken).rejects.toThrow('the network went away');
    expect(await store.list()).toHaveLength(3);
    let computed = 0;
    const counting = {
      ...{ outputSize: backbone.outputSize, serialize: () => backbone.serialize(), dispose() {} },
      transform: (images: Dataset) => {
        computed += images.n;
        return backbone.transform(images);
      },
    };
    expect(await extractFeatures(counting as never, stream(), store, { chunkRows: 20 })).toBe(100);
    expect(computed).toBe(40);
    expect((await loadFeatures(store)).features).toEqual(await backbone.transform(data));
    expect(await extractFeatures(counting as never, stream(), store, { chunkRows: 20 })).toBe(100);
    expect(computed).toBe(40);
    backbone.dispose();
  });

  it('refuses a store of another backbone, a shorter stream and a damaged chunk', async () => {
    const [backbone, other] = [smallBackbone(1), smallBackbone(2)];
    const store = memoryStore();
    await extractFeatures(backbone, stream(), store, { chunkRows: 50 });
    const code = (promise: Promise<unknown>) => promise.catch((error) => error.code);
    expect(await code(extractFeatures(other, stream(), store))).toBe('INVALID_ARGUMENT');
    expect(await code(extractFeatures(backbone, stream(60), store))).toBe('INVALID_ARGUMENT');
    expect(await code(extractFeatures(backbone, stream(), store, { chunkRows: 0 }))).toBe('INVALID_ARGUMENT');
    expect(await code(loadFeatures(memoryStore()))).toBe('NOT_FOUND');
    const [first, last] = await store.list();
    const bytes = await store.read(last);
    bytes[bytes.length - 1] ^= 1;
    await store.write(last, bytes);
    expect(await code(loadFeatures(store))).toBe('CORRUPT');
    expect(await code(extractFeatures(backbone, stream(), store))).toBe('CORRUPT');
    await store.remove(last);
    expect(await extractFeatures(backbone, stream(), store)).toBe(100);
    await store.remove(first);
    expect(await code(loadFeatures(store))).toBe('CORRUPT');
    backbone.dispose();
    other.dispose();
  });

  it('is read back with progress, until told to stop', async () => {
    const backbone = smallBackbone();
    const store = memoryStore();
    await extractFeatures(backbone, stream(), store, { chunkRows: 30 });
    const rows: number[] = [];
    const controller = new AbortController();
    await loadFeatures(store, { onProgress: (event) => void (event.kind === 'load' && rows.push(event.rows)) });
    expect(rows).toEqual([30, 60, 90, 100]);
    const onProgress = (): void => controller.abort(new Error('enough'));
    await expect(loadFeatures(store, { onProgress, signal: controller.signal })).rejects.toThrow('enough');
    backbone.dispose();
  });

  it('stops at an abort, with whole chunks kept', async () => {
    const backbone = smallBackbone();
    const store = memoryStore();
    const controller = new AbortController();
    const extraction = extractFeatures(backbone, stream(), store, {
      ...{ chunkRows: 17, signal: controller.signal },
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(extraction).rejects.toThrow('enough');
    expect(await store.list()).toHaveLength(1);
    backbone.dispose();
  });

  it('keeps soft labels', async () => {
    const backbone = smallBackbone();
    const store = memoryStore();
    const soft = Float32Array.from({ length: 300 }, (_, i) => [0.5, 0.25, 0.25][(i + Math.floor(i / 3)) % 3]);
    const softened = function* () {
      let at = 0;
      for (const batch of stream()) {
        yield { ...batch, soft: soft.slice(at * 3, (at + batch.n) * 3) };
        at += batch.n;
      }
    };
    await extractFeatures(backbone, softened(), store, { chunkRows: 30 });
    expect((await loadFeatures(store)).labels).toEqual({ labels: data.labels, classes: data.classes, soft });
    for await (const { first, labels } of readFeatures(store)) {
      expect(labels.soft).toEqual(soft.slice(first * 3, (first + labels.labels.length) * 3));
    }
    await expect(extractFeatures(backbone, stream(), store)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('soft labels'),
    });
    expect(await extractFeatures(backbone, softened(), store)).toBe(100);
    backbone.dispose();
  });

  it('refuses to go on with other classes, images or labels, and to mix them', async () => {
    const backbone = smallBackbone();
    const store = memoryStore();
    await expect(extractFeatures(backbone, stream(100, 17, 60), store, { chunkRows: 20 })).rejects.toThrow('went away');
    const kept = await store.list();
    const changed = (change: Partial<Dataset>) =>
      extractFeatures(
        backbone,
        [...stream()].map((batch) => ({ ...batch, ...change })),
        store,
        { chunkRows: 20 },
      );
    const refused = (message: string) => ({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) });
    const reversed = [...data.classes].reverse();
    await expect(changed({ classes: reversed })).rejects.toMatchObject(refused('labels of [top, left, centre]'));
    // Names that join to the same text.
    await expect(changed({ classes: ['top\nleft', 'centre'] })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    const shifted = extractFeatures(backbone, [...stream()].slice(1), store, { chunkRows: 20 });
    await expect(shifted).rejects.toMatchObject(refused('other images'));
    const relabelled = [...stream()].map((batch) => ({ ...batch, labels: batch.labels.map((v) => (v + 1) % 3) }));
    await expect(extractFeatures(backbone, relabelled, store)).rejects.toMatchObject(refused('other labels'));
    const mixed = [...stream()].map((batch, i) => (i === 5 ? { ...batch, classes: reversed } : batch));
    await expect(extractFeatures(backbone, mixed, store)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    expect(await store.list()).toEqual(kept);
    expect(await extractFeatures(backbone, stream(100, 40), store, { chunkRows: 20 })).toBe(100);
    expect((await loadFeatures(store)).features).toEqual(await backbone.transform(data));
    // Two extractions in one store, as copying files makes them.
    const other = memoryStore();
    await extractFeatures(
      backbone,
      [...stream()].map((batch) => ({ ...batch, classes: reversed })),
      other,
      { chunkRows: 20 },
    );
    const [, second] = await store.list();
    await store.write(second, await other.read(second));
    await expect(loadFeatures(store)).rejects.toMatchObject({ code: 'CORRUPT' });
    backbone.dispose();
  });

  it('refuses a chunk with any bit changed, or cut or lengthened', async () => {
    const backbone = smallBackbone();
    const store = memoryStore();
    await extractFeatures(backbone, stream(3, 3), store);
    const [name] = await store.list();
    const good = await store.read(name);
    for (let bit = 0; bit < good.length * 8; bit += 3) {
      await store.write(
        name,
        good.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
      );
      await expect(loadFeatures(store)).rejects.toMatchObject({ code: 'CORRUPT' });
    }
    for (const bytes of [good.slice(0, -1), new Uint8Array([...good, 0]), new Uint8Array(0), good.slice(0, 20)]) {
      await store.write(name, bytes);
      await expect(loadFeatures(store)).rejects.toMatchObject({ code: 'CORRUPT' });
    }
    backbone.dispose();
  });

  it('refuses what a backbone gives that is not a row for each image, and writes none of it', async () => {
    const columns = 2;
    const made: Readonly<Record<string, (n: number) => FeatureMatrix>> = {
      'fewer rows': (n) => ({ data: new Float32Array((n - 1) * columns), rows: n - 1, columns }),
      'more numbers': (n) => ({ data: new Float32Array(n * 3), rows: n, columns }),
      'other columns': (n) => ({ data: new Float32Array(n * 3), rows: n, columns: 3 }),
      NaN: (n) => ({ data: new Float32Array(n * columns).fill(Number.NaN), rows: n, columns }),
    };
    for (const [what, transform] of Object.entries(made)) {
      const backbone = {
        outputSize: columns,
        transform: async ({ n }: Images) => transform(n),
        serialize: async () => ({ kind: 'broken', config: {}, files: new Map<string, Uint8Array>() }),
        dispose() {},
      };
      const store = memoryStore();
      await expect(extractFeatures(backbone, [data], store), what).rejects.toMatchObject({ code: 'INVALID_DATA' });
      expect(await store.list(), what).toEqual([]);
    }
  });

  it('works with a store and a backbone of classes that use this', async () => {
    class Store {
      readonly location = 'mine';
      readonly #files = new Map<string, Uint8Array>();
      async list() {
        return [...this.#files.keys()].reverse();
      }
      async read(name: string) {
        return this.#files.get(name)!;
      }
      async write(name: string, bytes: Uint8Array) {
        this.#files.set(name, bytes);
      }
      async remove(name: string) {
        this.#files.delete(name);
      }
    }
    class Pixels {
      readonly #size = 144;
      get outputSize() {
        return this.#size;
      }
      async transform(x: Dataset) {
        return { data: Float32Array.from(x.images), rows: x.n, columns: this.#size };
      }
      async serialize() {
        return { kind: 'pixels', config: { size: this.#size }, files: new Map<string, Uint8Array>() };
      }
      dispose() {}
    }
    const store = new Store();
    expect(await extractFeatures(new Pixels() as never, stream(), store, { chunkRows: 30 })).toBe(100);
    expect((await loadFeatures(store)).features.data).toEqual(Float32Array.from(data.images));
  });
});
