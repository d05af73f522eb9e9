import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { classCounts, sha256 } from 'fer-core';
import { loadFer2013 } from 'fer-data/node';
import { expect, it } from 'vitest';

const folder = process.env.FER_DATA ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url));
const file = join(folder, 'fer2013-train-public.csv.gz');

it.skipIf(!existsSync(file))(`reads the real FER2013 (skipped without ${file}; set FER_DATA)`, async () => {
  const { train, publicTest, privateTest, skipped } = await loadFer2013(file);
  expect(Array.from(classCounts(train))).toEqual([3995, 436, 4097, 7215, 4830, 3171, 4965]);
  expect(Array.from(classCounts(publicTest!))).toEqual([467, 56, 496, 895, 653, 415, 607]);
  expect(privateTest).toBeUndefined();
  expect(skipped).toEqual([]);
  // hashlib.sha256 over the training pixels as bytes, read with Python's csv module.
  expect(await sha256(train.images)).toBe('7b0513905d9794aa9e0c11c800d9da927fd29b1aa5f6f5ab0d89e5a6d053d8a5');
});
