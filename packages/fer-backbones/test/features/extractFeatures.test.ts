import type { Dataset } from 'fer-core';
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
});
