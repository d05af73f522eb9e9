import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from 'fer-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FeatureType, featureWriter } from '../../src/features/featureStore.js';
import { fileFeatures, openFeatures } from '../../src/features/fileFeatures.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fer-features-'));
  path = join(folder, 'a', 'features');
});
afterEach(() => rm(folder, { recursive: true }));

// Rows of 8,400 or 16,800 bytes: 124 or 62 a chunk.
const form = { rows: 200, shape: [3, 7, 200] };
const size = 3 * 7 * 200;
const random = new Random(1);
const values = Float32Array.from({ length: form.rows * size }, () => random.normal());

async function fill(options: Parameters<typeof featureWriter>[1]) {
  const writer = await featureWriter(form, options);
  for (let start = 0; start < form.rows; start += 30)
    await writer.append(values.subarray(start * size, (start + 30) * size));
  return writer.finish();
}

const rows = [199, 0, 61, 62, 123, 124, 0];
const expected = Float32Array.from(rows.flatMap((row) => [...values.subarray(row * size, (row + 1) * size)]));
const places = () =>
  [
    ['memory', {}],
    ['a file', { memoryLimit: 1000, spill: fileFeatures(path) }],
  ] as const;

describe('a store', () => {
  it.each([0, 1])('gives back float32 exactly, and float16 to its rounding (place %d)', async (place) => {
    const exact = await fill(places()[place][1]);
    expect(exact).toMatchObject({ ...form, type: 'float32' });
    expect(exact.read(rows)).toEqual(expected);
    exact.dispose();
    const half = await fill({ ...places()[place][1], type: 'float16' });
    half.read(rows).forEach((value, i) => {
      if (!(Math.abs(value - expected[i]) <= Math.abs(expected[i]) * 2 ** -11 + 2 ** -25))
        expect(value).toBe(expected[i]);
    });
    expect(half.read([])).toEqual(new Float32Array(0));
    for (const row of [-1, 200, 0.5]) expect(() => half.read([row])).toThrow(`row ${row} is outside 0..199`);
    half.dispose();
    expect(await readdir(place === 0 ? folder : join(folder, 'a'))).toEqual(place === 0 ? [] : ['features']);
  });

  it.each([65520, -1e6, NaN, Infinity])('refuses %d in half precision', async (value) => {
    const writer = await featureWriter({ rows: 1, shape: [2] }, { type: 'float16' });
    await expect(writer.append(Float32Array.of(1, value))).rejects.toThrow(
      `feature ${value} doesn't fit half precision`,
    );
  });

  it.each([0, 1])('takes whole rows, as many as announced (place %d)', async (place) => {
    const writer = await featureWriter(form, places()[place][1]);
    await expect(writer.append(new Float32Array(5))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await writer.append(values.subarray(0, 150 * size));
    await expect(writer.append(values.subarray(0, 51 * size))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(writer.finish()).rejects.toThrow('150 of 200 rows');
    await writer.abort();
    expect(await readdir(place === 0 ? folder : join(folder, 'a'))).toEqual([]);
  });

  it.each([0, 1])('is not read after dispose, which may be called twice (place %d)', async (place) => {
    const store = await fill(places()[place][1]);
    store.dispose();
    store.dispose();
    const other = await fill({});
    for (const read of [() => store.read([0]), () => store.read([])]) {
      expect(read).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(/disposed/) }),
      );
    }
    expect(other.read([1]).length).toBe(size);
  });

  it('says what would not fit', async () => {
    await expect(featureWriter(form, { memoryLimit: 2 ** 20 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/200 rows of 3×7×200 take 4 MiB as float32, memoryLimit is 1 MiB.*float16/),
    });
  });
});

describe('a file', () => {
  const make = async (type: FeatureType = 'float32') => {
    const store = await fill({ type, memoryLimit: 0, spill: fileFeatures(path) });
    store.dispose();
  };

  it('is opened again', async () => {
    await make();
    const store = await openFeatures(path);
    expect(store).toMatchObject({ ...form, type: 'float32' });
    expect(store.read(rows)).toEqual(expected);
    store.dispose();
  });

  it('takes the place of one only when it is whole', async () => {
    await make();
    const writer = await fileFeatures(path)({ ...form, type: 'float32' });
    await writer.append(values.subarray(0, 10 * size));
    await writer.abort();
    const store = await openFeatures(path);
    expect(store.read([0])).toEqual(values.subarray(0, size));
    store.dispose();
  });

  it('is refused where a byte of the rows asked for is another', async () => {
    await make();
    const bytes = await readFile(path);
    bytes[16 + 70 * size * 4] ^= 1;
    await writeFile(path, bytes);
    const store = await openFeatures(path);
    expect(store.read([0, 61])).toEqual(
      Float32Array.from([...values.subarray(0, size), ...values.subarray(61 * size, 62 * size)]),
    );
    expect(() => store.read([0, 62])).toThrow(/rows 62 and on differ: delete it/);
    store.dispose();
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1000)],
    ['cut to its beginning', (bytes: Buffer) => bytes.subarray(0, 20)],
    ['empty', () => Buffer.alloc(0)],
    ['changed in its footer', (bytes: Buffer) => bytes.fill('9', bytes.length - 60, bytes.length - 50)],
    ['another file', () => Buffer.from('x'.repeat(500))],
  ])('is refused where it is %s', async (_, damage) => {
    await make('float16');
    await writeFile(path, damage(await readFile(path)));
    await expect(openFeatures(path)).rejects.toMatchObject({ code: 'CORRUPT', place: { file: path } });
  });

  it('is refused where it is not there', async () => {
    await expect(openFeatures(path)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
