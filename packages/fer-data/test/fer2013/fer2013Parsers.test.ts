import { type Dataset, isFerError, Random } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { csvRecords } from '../../src/fer2013/csvRecords.js';
import type { Fer2013 } from '../../src/fer2013/fer2013.js';
import { gunzip } from '../../src/fer2013/gunzip.js';
import { type Fer2013Platform, parseFer2013With } from '../../src/fer2013/parseFer2013.js';
import { splitRecords } from '../../src/fer2013/records.js';
import { chunked, makeRows, type Row, toCsv, whole } from './makeCsv.js';
import { type Reference, referenceParse } from './referenceParser.js';

/** How many damaged files; FER_FUZZ=10000 is the nightly run. */
const RUNS = Number(process.env.FER_FUZZ ?? 300);

/** The three ways a file can be read: as Node does, all by fast-csv, and as browsers do. */
const scanning: Fer2013Platform = { gunzip, records: csvRecords };
const general: Fer2013Platform = { gunzip, records: csvRecords, scan: false };
const portable: Fer2013Platform = { gunzip, records: splitRecords };

/** What a parser makes of a file, in the words of the reference. */
async function outcome(
  platform: Fer2013Platform,
  source: AsyncIterable<Uint8Array>,
  onBadRow: 'throw' | 'skip',
): Promise<unknown> {
  try {
    const data = await parseFer2013With(platform, source, { onBadRow });
    return { rows: rowsOf(data), bad: data.skipped.map(({ row, column }) => ({ row, column })) };
  } catch (error) {
    if (!isFerError(error)) throw error;
    return { code: error.code, row: error.place.row, column: error.place.column };
  }
}

function rowsOf({ train, publicTest, privateTest }: Fer2013): string[] {
  const list = (data: Dataset | undefined, usage: string) =>
    Array.from({ length: data?.n ?? 0 }, (_, i) => {
      const pixels = data!.images.subarray(i * 2304, (i + 1) * 2304).join(' ');
      return `${data!.ids![i]},${data!.labels[i]},${usage},${pixels}`;
    });
  return [...list(train, 'Training'), ...list(publicTest, 'PublicTest'), ...list(privateTest, 'PrivateTest')].sort(
    (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10),
  );
}

function expectSkipped(found: unknown, reference: Reference | undefined): void {
  if (reference) expect(found).toEqual(reference);
  else expect(found).toMatchObject({ code: 'INVALID_DATA' });
}

function expectThrown(found: unknown, reference: Reference | undefined): void {
  if (reference && reference.bad.length > 0) expect(found).toEqual({ code: 'INVALID_DATA', ...reference.bad[0] });
  // An unclosed quote is found at the end; rows before it may be refused sooner.
  else expectSkipped(found, reference);
}

const LAYOUTS: readonly ((rows: readonly Row[]) => string)[] = [
  toCsv,
  (rows) => toCsv(rows).replaceAll('\n', '\r\n'),
  (rows) => `\ufeff${toCsv(rows)}`,
  (rows) => ['emotion, Usage, pixels', ...rows.map((r) => `${r.emotion},${r.usage},${r.pixels.join(' ')}`)].join('\n'),
  (rows) => ['emotion,pixels', ...rows.map((r) => `${r.emotion},${r.pixels.join(' ')}`)].join('\n'),
  (rows) =>
    [
      'name,"Usage",emotion,pixels',
      ...rows.map((r, i) => `"O'Hara, ""${i}""\nJr",${r.usage}, "${r.emotion}" ,"${r.pixels.join(' ')}"`),
    ].join('\n'),
];

describe('the parsers', () => {
  it.each(LAYOUTS.map((layout, i) => [i, layout] as const))(
    'agree on layout %i, however it is cut',
    async (i, layout) => {
      const bytes = new TextEncoder().encode(layout(makeRows(10, i)));
      const reference = referenceParse(bytes);
      expect(reference?.rows.length).toBe(10);
      const random = new Random(`chunks/${i}`);
      for (const mean of [2, 700, 9000]) {
        expect(await outcome(scanning, chunked(bytes, random, mean), 'throw')).toEqual(reference);
      }
      expect(await outcome(general, chunked(bytes, random, 9000), 'throw')).toEqual(reference);
      const browser = await outcome(portable, chunked(bytes, random, 9000), 'throw');
      expect(browser).toEqual(i === 5 ? { code: 'UNSUPPORTED', row: 1, column: undefined } : reference);
    },
  );

  it(`agree with the reference on ${RUNS} damaged files`, { timeout: Math.max(300_000, 200 * RUNS) }, async () => {
    let refused = 0;
    let accepted = 0;
    for (let i = 0; i < RUNS; i++) {
      const random = new Random('damage').split(i);
      const layout = LAYOUTS[random.int(LAYOUTS.length)];
      const bytes = damage(new TextEncoder().encode(layout(makeRows(3, i))), random);
      const reference = referenceParse(bytes);
      if (reference && reference.bad.length === 0) accepted++;
      else refused++;
      const label = `file ${i}`;
      const chunks = () => chunked(bytes, random, 1 + random.int(4000));
      const skipped = await outcome(scanning, chunks(), 'skip');
      try {
        expectSkipped(skipped, reference);
        expect(await outcome(general, chunks(), 'skip')).toEqual(skipped);
        const thrown = await outcome(scanning, chunks(), 'throw');
        expectThrown(thrown, reference);
        expect(await outcome(general, whole(bytes), 'throw')).toEqual(thrown);
        if (!bytes.includes(0x22)) expect(await outcome(portable, chunks(), 'throw')).toEqual(thrown);
      } catch (error) {
        throw new Error(`${label}: ${(error as Error).message}`, { cause: error });
      }
    }
    // Both outcomes must be common, or the comparison says little.
    expect(refused).toBeGreaterThan(RUNS / 3);
    expect(accepted).toBeGreaterThan(RUNS / 6);
  });
});

const PIECES = ['"', '""', ',', '\n', '\r', '\r\n', ' ', '  ', '\t', '0', '7', '255', '256', '-1', '1.5', '1e2', 'é'];

/** Changes a file in one place or two, most often near what gives it structure. */
function damage(bytes: Uint8Array, random: Random): Uint8Array {
  let text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  for (let count = random.uniform() < 0.7 ? 1 : 2; count > 0; count--) {
    const structure = [...text.matchAll(/[,"\r\n]|^|$/g)].map((match) => match.index);
    const near = structure[random.int(structure.length)] + random.int(5) - 2;
    const at = random.uniform() < 0.7 ? Math.min(Math.max(near, 0), text.length) : random.int(text.length + 1);
    const piece = PIECES[random.int(PIECES.length)];
    const kind = random.int(9);
    if (kind < 3) text = text.slice(0, at) + piece + text.slice(at);
    else if (kind < 5) text = text.slice(0, at) + piece + text.slice(at + 1);
    else if (kind === 5) text = text.slice(0, at) + text.slice(at + 1 + random.int(3));
    else if (kind === 8) text = text.replace(/(?<=\n"?)\d(?="?,)/, String(random.int(10)));
    else if (kind === 6) text = text.slice(0, at) + text.slice(at, at + random.int(40)) + text.slice(at);
    else if (random.uniform() < 0.3) text = text.slice(0, at);
    else text = text.replaceAll('Public', random.uniform() < 0.5 ? 'Private' : 'public');
  }
  return new TextEncoder().encode(text);
}
