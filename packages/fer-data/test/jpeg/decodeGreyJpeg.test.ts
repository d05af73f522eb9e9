import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from 'fer-core';
import { syntheticFaces } from 'fer-data';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeGreyJpeg } from '../../src/jpeg/decodeGreyJpeg.js';

/** How many damaged files; FER_FUZZ=10000 is the nightly run. */
const RUNS = Number(process.env.FER_FUZZ ?? 300);

/** What libjpeg makes of it; `undefined` where it refuses, or makes another size of it. */
async function reference(bytes: Uint8Array, height: number, width: number): Promise<Uint8Array | undefined> {
  try {
    const image = sharp(bytes, { failOn: 'error' }).autoOrient().toColourspace('srgb').raw();
    const { data, info } = await image.toBuffer({ resolveWithObject: true });
    if (info.height !== height || info.width !== width) return undefined;
    return Uint8Array.from({ length: height * width }, (_, i) => data[i * info.channels]);
  } catch {
    return undefined;
  }
}

const KINDS = {
  noise: (_: number, random: Random) => random.int(256),
  'black and white': (_: number, random: Random) => 255 * random.int(2),
  ramp: (i: number) => (3 * i) & 255,
  flat: () => 137,
};

function picture(kind: keyof typeof KINDS, height: number, width: number): Sharp {
  const random = new Random(kind);
  const pixels = Uint8Array.from({ length: height * width }, (_, i) => KINDS[kind](i, random));
  return sharp(pixels, { raw: { width, height, channels: 1 } }).toColourspace('b-w');
}

describe('decodeGreyJpeg', () => {
  it.each(Object.keys(KINDS) as (keyof typeof KINDS)[])("gives libjpeg's pixels of %s", async (kind) => {
    for (const [height, width] of [
      [48, 48],
      [8, 8],
      [1, 1],
      [17, 9],
      [50, 127],
    ]) {
      for (const quality of [1, 10, 50, 75, 90, 100]) {
        const jpeg = await picture(kind, height, width)
          .jpeg({ quality, optimiseCoding: quality !== 75 })
          .toBuffer();
        const label = `${height}×${width}, quality ${quality}`;
        const expected = await reference(jpeg, height, width);
        const found = decodeGreyJpeg(jpeg, height, width);
        // Coefficients this large may be beyond what all implementations agree on.
        if (kind === 'black and white' && !found) continue;
        expect(found, label).toEqual(expected);
      }
    }
  });

  it('gives the pixels of faces at all qualities', async () => {
    const { images, n } = syntheticFaces({ n: 34, seed: 1 });
    for (let i = 0; i < n; i++) {
      const face = sharp(images.subarray(i * 2304, (i + 1) * 2304), { raw: { width: 48, height: 48, channels: 1 } });
      const jpeg = await face
        .toColourspace('b-w')
        .jpeg({ quality: i + 1 })
        .toBuffer();
      expect(decodeGreyJpeg(jpeg, 48, 48), `quality ${i + 1}`).toEqual(await reference(jpeg, 48, 48));
    }
  });

  it('reads restart markers, comments and codes of sixteen bits', async () => {
    const jpeg = twoBlocks();
    const expected = await reference(jpeg, 8, 16);
    expect([...new Set(expected)]).toEqual([Math.round(128 + 100 / 8), Math.round(128 - 60 / 8)]);
    expect(decodeGreyJpeg(jpeg, 8, 16)).toEqual(expected);
    // libjpeg puts up with a marker of another number, and that is left to it; not with a DC table of other than sizes.
    expect(decodeGreyJpeg(twoBlocks({ marker: 0xd1 }), 8, 16)).toBeUndefined();
    expect(await reference(twoBlocks({ marker: 0xd1 }), 8, 16)).toBeDefined();
    expect(decodeGreyJpeg(twoBlocks({ unused: 16 }), 8, 16)).toBeUndefined();
    expect(await reference(twoBlocks({ unused: 16 }), 8, 16)).toBeUndefined();
  });

  it.each<[string, (grey: Sharp) => Promise<Buffer>]>([
    ['colour', (grey) => grey.toColourspace('srgb').jpeg().toBuffer()],
    ['progressive ones', (grey) => grey.jpeg({ progressive: true }).toBuffer()],
    ['turned ones', (grey) => grey.jpeg().withMetadata({ orientation: 6 }).toBuffer()],
    ['ones with a profile', (grey) => grey.jpeg().withIccProfile('srgb').toBuffer()],
    ['other sizes', (grey) => grey.resize(40, 48).jpeg().toBuffer()],
    ['other formats', (grey) => grey.png().toBuffer()],
    ['nothing', async () => Buffer.alloc(0)],
  ])('declines %s', async (_, encode) => {
    expect(decodeGreyJpeg(await encode(picture('noise', 48, 48)), 48, 48)).toBeUndefined();
  });

  it('declines what is cut off, wherever', async () => {
    const jpeg = await picture('ramp', 17, 9).jpeg().toBuffer();
    expect(decodeGreyJpeg(jpeg, 17, 9)).toBeDefined();
    for (let length = 0; length < jpeg.length; length++) {
      expect(decodeGreyJpeg(jpeg.subarray(0, length), 17, 9), `${length} bytes`).toBeUndefined();
    }
  });

  it(`gives libjpeg's pixels of ${RUNS} damaged files, or none`, {
    timeout: Math.max(300_000, 50 * RUNS),
  }, async () => {
    const face = syntheticFaces({ n: 1, seed: 2 }).images;
    const grey = () => sharp(face, { raw: { width: 48, height: 48, channels: 1 } }).toColourspace('b-w');
    const whole = [
      await grey().jpeg().toBuffer(),
      await grey().jpeg({ quality: 20, optimiseCoding: false }).toBuffer(),
      await grey().jpeg({ quality: 97 }).toBuffer(),
    ];
    let [decoded, declined] = [0, 0];
    for (let i = 0; i < RUNS; i++) {
      const random = new Random('jpeg').split(i);
      const bad = Buffer.from(whole[i % whole.length]);
      // Half of the time in the header, where the meaning is.
      const reach = random.int(2) ? bad.length : 330;
      for (let count = 1 + random.int(3); count > 0; count--) bad[random.int(reach)] ^= 1 << random.int(8);
      const cut = random.int(8) === 0 ? random.int(bad.length) : bad.length;
      const bytes = bad.subarray(0, cut);
      const found = decodeGreyJpeg(bytes, 48, 48);
      if (!found) declined++;
      else {
        decoded++;
        const expected = await reference(bytes, 48, 48);
        expect(expected && Buffer.compare(found, expected), `file ${i}`).toBe(0);
      }
    }
    // Both outcomes must be common, or the comparison says little.
    expect(Math.min(decoded, declined)).toBeGreaterThan(RUNS / 20);
  });
});

/** 8×16 pixels of two flat blocks, DC 100 and −60, a restart marker between them; codes of 1 and of 16 bits, one of them unused. */
function twoBlocks({ marker = 0xd0, unused = 5 } = {}): Uint8Array {
  const segment = (code: number, ...content: number[]) => [0xff, code, 0, content.length + 2, ...content];
  // Of 1 bit: DC size 0, of 16 bits: 1000000000000000 is size 7 and the next is size 6. AC: 0 ends the block.
  const dc = [1, ...new Array(14).fill(0), 3, 0, 7, 6, unused];
  const ac = [1, ...new Array(15).fill(0), 0];
  const scan = (bits: string) =>
    bits.match(/.{1,8}/g)!.flatMap((byte) => {
      const value = Number.parseInt(byte.padEnd(8, '1'), 2);
      return value === 255 ? [255, 0] : [value];
    });
  return Uint8Array.of(
    ...[0xff, 0xd8],
    ...segment(0xfe, ...Buffer.from('by hand')),
    ...segment(0xdb, 0, ...new Array(64).fill(1)),
    ...segment(0xc0, 8, 0, 8, 0, 16, 1, 1, 0x22, 0),
    ...segment(0xc4, 0x00, ...dc, 0x10, ...ac),
    ...segment(0xdd, 0, 1),
    ...segment(0xda, 1, 1, 0, 0, 63, 0),
    ...scan(`1000000000000000${(100).toString(2)}0`),
    ...[0xff, marker],
    ...scan(`1000000000000001${(63 - 60).toString(2).padStart(6, '0')}0`),
    ...[0xff, 0xd9],
  );
}

const images = join(
  process.env.FER_DATA ?? fileURLToPath(new URL('../../../../../shared/data/', import.meta.url)),
  'publictest-images',
);

// Needs the real FER2013; skipped, and says so, where it is absent. That all pixels are right is seen from its csv, in
// loadImageFolder.test.ts.
it.skipIf(!existsSync(images))('declines no image of FER2013 (skipped without the data; set FER_DATA)', async () => {
  const files = readdirSync(images).flatMap((name) =>
    readdirSync(join(images, name)).map((file) => join(images, name, file)),
  );
  expect(files.length).toBe(3589);
  for (const [i, file] of files.entries()) {
    const jpeg = await readFile(file);
    const found = decodeGreyJpeg(jpeg, 48, 48);
    expect(found, file).toBeDefined();
    if (i % 50 === 0) expect(found).toEqual(await reference(jpeg, 48, 48));
  }
});
