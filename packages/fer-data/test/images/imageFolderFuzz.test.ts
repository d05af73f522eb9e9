import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkDataset, isFerError, Random } from 'fer-core';
import { loadImageFolder } from 'fer-data/node';
import sharp from 'sharp';
import { expect, it } from 'vitest';

/** How many trees; FER_FUZZ=10000 is the nightly run. */
const RUNS = Number(process.env.FER_FUZZ ?? 300);

const pixels = Uint8Array.from({ length: 2304 }, (_, i) => (i * 37 + (i % 7) * 50) & 255);

/** Files of each kind, with what must be read from them where it is certain. */
async function samples(): Promise<{ extension: string; good: Buffer; expected?: Uint8Array }[]> {
  const image = () => sharp(pixels, { raw: { width: 48, height: 48, channels: 1 } });
  const grey = await image().toColourspace('b-w').jpeg().toBuffer();
  return [
    { extension: 'png', good: await image().toColourspace('b-w').png().toBuffer(), expected: pixels },
    { extension: 'jpg', good: await image().toColourspace('srgb').jpeg().toBuffer() },
    { extension: 'jpeg', good: grey, expected: await sharp(grey).toColourspace('b-w').raw().toBuffer() },
    { extension: 'webp', good: await image().webp().toBuffer() },
    { extension: 'gif', good: await image().gif().toBuffer() },
  ];
}

/** Flips bits, cuts, repeats, or leaves as it is. */
function damage(bytes: Buffer, random: Random): Buffer {
  const at = random.int(bytes.length);
  const kind = random.int(6);
  if (kind === 0) return bytes.subarray(0, at);
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(random.int(bytes.length))]);
  if (kind === 2) return Buffer.from('<!doctype html><title>Not found</title>');
  if (kind === 3 || kind === 5) return bytes;
  const bad = Buffer.from(bytes);
  for (let count = 1 + random.int(4); count > 0; count--) {
    bad[random.int(kind === 4 ? 64 : bad.length)] ^= 1 << random.int(8);
  }
  return bad;
}

const FOLDERS = ['sad', 'Happy', 'anger', 'train/sad', 'test/2', 'val/fear', 'sleepy', 'train', 'test/sad/deep', ''];
const NAMES = ['a', 'PublicTest_1', 'PrivateTest_2', '.hidden', 'Training_é 1'];

it(
  `ends in a data set or a typed error for ${RUNS} made folders`,
  async () => {
    const kinds = await samples();
    let [loaded, refused, kept] = [0, 0, 0];
    for (let i = 0; i < RUNS; i++) {
      const random = new Random('folders').split(i);
      const root = await mkdtemp(join(tmpdir(), 'fer-fuzz-'));
      try {
        // Most trees keep to one layout, or nearly all would be refused for it.
        const layout =
          random.uniform() < 0.4 ? FOLDERS.slice(0, 3) : random.uniform() < 0.6 ? FOLDERS.slice(3, 6) : FOLDERS;
        const intact = new Map<string, Uint8Array>();
        for (let count = 1 + random.int(4); count > 0; count--) {
          const { extension, good, expected } = kinds[random.int(kinds.length)];
          const bytes = damage(good, random);
          const id = join(layout[random.int(layout.length)], `${NAMES[random.int(NAMES.length)]}${count}.${extension}`);
          try {
            await mkdir(dirname(join(root, id)), { recursive: true });
            await writeFile(join(root, id), bytes);
            if (bytes === good && expected) intact.set(id, expected);
          } catch {
            // A file is where this folder would be.
          }
        }
        if (random.int(8) === 0) await symlink(root, join(root, 'surprise')).catch(() => undefined);
        const onBadFile = random.uniform() < 0.7 ? 'skip' : 'throw';
        const data = await loadImageFolder(root, { onBadFile });
        loaded++;
        for (const set of [data.train, data.publicTest, data.privateTest]) {
          if (!set) continue;
          checkDataset(set);
          for (const [row, id] of set.ids!.entries()) {
            const expected = intact.get(id);
            if (!expected) continue;
            kept++;
            const found = set.images.subarray(row * 2304, (row + 1) * 2304);
            expect(Buffer.compare(found, expected), `${i} ${id}`).toBe(0);
          }
        }
        for (const { file } of data.skipped) expect(file.startsWith(root)).toBe(true);
      } catch (error) {
        if (!isFerError(error)) throw new Error(`folder ${i}: ${error}`, { cause: error });
        expect(['INVALID_DATA', 'IO', 'NOT_FOUND']).toContain(error.code);
        expect(error.message).toContain(root);
        refused++;
      } finally {
        await rm(root, { recursive: true, force: true });
      }
    }
    // All outcomes must be common, or the run says little.
    expect(Math.min(loaded, refused, kept)).toBeGreaterThan(RUNS / 20);
  },
  Math.max(300_000, 200 * RUNS),
);
