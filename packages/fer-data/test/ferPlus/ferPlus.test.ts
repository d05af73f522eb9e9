import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Dataset, FER2013_CLASSES, Random, selectRows } from 'fer-core';
import {
  drawLabels,
  type FerPlusOptions,
  type FerPlusVotes,
  ferPlusLabels,
  type JoinFerPlusOptions,
  joinFerPlus,
  parseFerPlus,
} from 'fer-data';
import { loadFer2013, loadFerPlus } from 'fer-data/node';
import { describe, expect, it } from 'vitest';

const HEADER = 'Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF';

/** A file of one row for each list of votes. */
function toText(rows: readonly string[]): string {
  return [HEADER, ...rows.map((row, i) => `Training,fer${i}.png,${row}`), ''].join('\n');
}

function label(row: string, options?: FerPlusOptions) {
  const { labels, classes, soft, verdicts } = ferPlusLabels(parseFerPlus(toText([row])), options);
  if (verdicts[0] !== 'kept') return verdicts[0];
  if (!soft) return classes[labels[0]];
  const shares = classes.flatMap((name, j) => (soft[j] > 0 ? [[name, Math.round(soft[j] * 1e6) / 1e6]] : []));
  return { label: classes[labels[0]], ...Object.fromEntries(shares) };
}

describe('parseFerPlus', () => {
  it('reads any column order, line end, BOM and needless quotes', () => {
    const plain = parseFerPlus(toText(['4,0,0,1,3,2,0,0,0,0', '0,9,0,0,0,0,0,0,1,0']));
    expect(plain).toMatchObject({ n: 2, names: ['fer0.png', 'fer1.png'] });
    expect(Array.from(plain.votes)).toEqual([4, 0, 0, 1, 3, 2, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 0]);
    const turned = ['NF,unknown,contempt,fear,disgust,anger,sadness,surprise,happiness,neutral,image name,USAGE']
      .concat('0,0,0,0,2,3,1,0,0,4,"fer0.png",Training', ' 0 ,1,0,0,0,0,0,0,9,0,fer1.png,PublicTest')
      .join('\r\n');
    expect(parseFerPlus(`\uFEFF${turned}`)).toEqual({ ...plain, usages: Uint8Array.of(0, 1) });
  });

  it.each<[string, string, number | undefined, string | undefined]>([
    ['', 'no rows', undefined, undefined],
    [`${HEADER}\n`, 'no rows', undefined, undefined],
    ['emotion,pixels,Usage\n1,2,Training', 'no such column', 1, 'Image name'],
    [`${HEADER},neutral\nTraining,a,1,1,1,1,1,1,1,1,1,1,1`, 'twice', 1, 'neutral'],
    [toText(['4,0,0,1,3,2,0,0,0']), '11 fields, but the header has 12', 2, undefined],
    [toText(['4,0,0,1,3,2,0,0,0,0', '4,0,0,1,x,2,0,0,0,0']), '"x" is not a number of votes', 3, 'anger'],
    [toText(['4,0,0,-1,3,2,0,0,0,0']), '"-1" is not a number of votes', 2, 'sadness'],
    [toText(['4,0,0,1.5,3,2,0,0,0,0']), '"1.5" is not a number of votes', 2, 'sadness'],
    [`${HEADER}\nTrain,a,1,1,1,1,1,1,1,1,1,1`, '"Train" is not a usage', 2, 'Usage'],
  ])('refuses %j', (text, message, row, column) => {
    expect(() => parseFerPlus(text, { name: 'votes.csv' })).toThrow(
      expect.objectContaining({
        code: 'INVALID_DATA',
        message: expect.stringContaining(message),
        place: { file: 'votes.csv', ...(row && { row }), ...(column && { column }) },
      }),
    );
  });
});

describe('ferPlusLabels', () => {
  it('takes majorities of more than half, after single votes are struck out', () => {
    expect(label('6,0,0,4,0,0,0,0,0,0')).toBe('neutral');
    expect(label('5,0,0,5,0,0,0,0,0,0')).toBe('undecided');
    expect(label('4,1,1,3,1,0,0,0,0,0')).toBe('neutral');
    expect(label('4,1,1,3,1,0,0,0,0,0', { removeOutliers: false })).toBe('undecided');
    expect(label('0,0,0,0,0,0,0,0,6,4')).toBe('unknown');
    expect(label('0,0,0,0,0,0,0,2,0,8')).toBe('notFace');
    expect(label('1,1,1,1,1,1,1,1,1,1')).toBe('undecided');
    expect(label('0,0,0,0,0,0,0,7,3,0')).toBe('contempt');
  });

  it('shares labels among the leaders, until three quarters of the votes or three of them', () => {
    const soft = (row: string, contempt = true) => label(row, { mode: 'crossEntropy', contempt });
    expect(soft('8,2,0,0,0,0,0,0,0,0')).toEqual({ label: 'neutral', neutral: 1 });
    expect(soft('0,0,0,6,4,0,0,0,0,0')).toEqual({ label: 'sad', sad: 0.6, angry: 0.4 });
    expect(soft('4,0,0,1,3,2,0,0,0,0')).toEqual({ label: 'neutral', neutral: 0.571429, angry: 0.428571 });
    expect(soft('5,0,0,5,0,0,0,0,0,0')).toEqual({ label: 'neutral', neutral: 0.5, sad: 0.5 });
    // Unknown is reached second: it stops the count, and the four votes ahead are not more than half.
    expect(soft('0,0,4,0,0,0,0,0,3,3')).toBe('undecided');
    expect(soft('0,0,6,0,0,0,0,0,4,0')).toEqual({ label: 'surprise', surprise: 1 });
    expect(soft('0,0,2,0,0,0,0,0,6,2')).toBe('unknown');
    // Two, then three at once: four equal ones are too many.
    expect(soft('2,2,2,2,0,0,2,0,0,0')).toBe('undecided');
    expect(soft('4,2,2,2,0,0,0,0,0,0')).toBe('undecided');
    expect(soft('0,0,0,0,0,0,4,6,0,0')).toEqual({ label: 'contempt', contempt: 0.6, fear: 0.4 });
    expect(soft('0,0,0,0,0,0,4,6,0,0', false)).toBe('contempt');
    expect(soft('0,0,0,0,0,0,6,4,0,0', false)).toEqual({ label: 'fear', fear: 1 });
  });

  it('draws labels by their shares', () => {
    const votes = parseFerPlus(toText(Array.from({ length: 5000 }, () => '0,0,0,7,3,0,0,0,0,0')));
    const { labels, soft } = ferPlusLabels(votes, { mode: 'probability' });
    expect(soft).toBeUndefined();
    const angry = labels.filter((l) => FER2013_CLASSES[l] === 'angry').length;
    expect(labels.every((l) => ['angry', 'sad'].includes(FER2013_CLASSES[l]))).toBe(true);
    // Binomial(5000, 0.3) has a standard deviation of 32.
    expect(Math.abs(angry - 1500)).toBeLessThan(130);
    expect(ferPlusLabels(votes, { mode: 'probability' }).labels).toEqual(labels);
    expect(ferPlusLabels(votes, { mode: 'probability', seed: 1 }).labels).not.toEqual(labels);
    const first = drawLabels(
      { labels: new Uint8Array(5000), classes: ['a', 'b'], soft: new Float32Array(10000).fill(0.5) },
      new Random(1),
    );
    expect(first.soft).toBeUndefined();
    expect(Math.abs(first.labels.reduce((a, b) => a + b, 0) - 2500)).toBeLessThan(145);
    expect(drawLabels(first, new Random(2))).toBe(first);
  });

  it('refuses other modes', () => {
    expect(() => label('6,0,0,4,0,0,0,0,0,0', { mode: 'mean' as 'majority' })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

/** FER2013's rows and FER+'s, 500 of each, 180 of them Training and 200 PublicTest; labels agree on three of four rows. */
function matching(): { data: Parameters<typeof joinFerPlus>[0]; votes: FerPlusVotes; truth: string[] } {
  const random = new Random('FER+');
  const columns = ['neutral', 'happy', 'surprise', 'sad', 'angry', 'disgust', 'fear', 'contempt', 'unknown', 'NF'];
  const truth = Array.from({ length: 500 }, () => columns[random.int(10)]);
  const usages = truth.map((_, i) => (i < 180 ? 'Training' : i < 380 ? 'PublicTest' : 'PrivateTest'));
  const lines = truth.map((name, i) => {
    const counts = columns.map((column) => (column === name ? 7 : column === 'happy' ? 3 : 0));
    return `${usages[i]},${name === 'NF' ? '' : `fer${i}.png`},${counts.join()}`;
  });
  const labels = Uint8Array.from(truth, (name) => {
    const label = (FER2013_CLASSES as readonly string[]).indexOf(name);
    return label < 0 || random.int(4) === 0 ? random.int(7) : label;
  });
  const all: Dataset = {
    images: Uint8Array.from({ length: 500 }, (_, i) => i % 256),
    n: 500,
    height: 1,
    width: 1,
    channels: 1,
    labels,
    classes: FER2013_CLASSES,
    ids: truth.map((_, i) => String(i + 2)),
  };
  const set = (usage: string) =>
    selectRows(
      all,
      usages.flatMap((given, i) => (given === usage ? [i] : [])),
    );
  const data = { train: set('Training'), publicTest: set('PublicTest'), privateTest: set('PrivateTest'), skipped: [] };
  return { data, votes: parseFerPlus([HEADER, ...lines].join('\n'), { name: 'votes.csv' }), truth };
}

describe('joinFerPlus', () => {
  it('gives each face the label of its row, and lists the rows left out', () => {
    const { data, votes, truth } = matching();
    const joined = joinFerPlus(data, votes);
    const found = new Map<number, string>();
    for (const set of [joined.train, joined.publicTest!, joined.privateTest!]) {
      expect(set.classes).toEqual([...FER2013_CLASSES, 'contempt']);
      set.ids!.forEach((id, i) => {
        expect(set.images[i]).toBe((Number(id) - 2) % 256);
        found.set(Number(id), set.classes[set.labels[i]]);
      });
    }
    const reasons: Record<string, string> = { unknown: 'unknown', NF: 'notFace' };
    for (const { row, verdict } of joined.dropped) found.set(row, verdict);
    expect(truth.map((name) => reasons[name] ?? name)).toEqual(truth.map((_, i) => found.get(i + 2)));
    expect(found.size).toBe(500);
  });

  it('trains by one mode and tests by another', () => {
    const { data, votes } = matching();
    const joined = joinFerPlus(data, votes, { mode: 'crossEntropy', contempt: false });
    expect(joined.train.classes).toEqual(FER2013_CLASSES);
    expect(joined.train.soft).toHaveLength(7 * joined.train.n);
    expect(joined.publicTest!.soft).toBeUndefined();
    const angry = joined.train.labels.indexOf(0);
    expect(Array.from(joined.train.soft!.subarray(7 * angry, 7 * angry + 7))).toEqual([
      ...[Math.fround(0.7), 0, 0, Math.fround(0.3), 0, 0, 0],
    ]);
    expect(joinFerPlus(data, votes, { testMode: 'crossEntropy' }).privateTest!.soft).toBeDefined();
  });

  it('counts rows that the csv reader skipped', () => {
    const { data, votes } = matching();
    const shorter = { ...data, train: selectRows(data.train, [...data.train.labels.keys()].slice(1)) };
    expect(joinFerPlus({ ...shorter, skipped: [{ row: 2, message: 'bad' }] }, votes).publicTest).toBeDefined();
    expect(() => joinFerPlus(shorter, votes)).toThrow('500 rows, the faces 499');
    expect(joinFerPlus(shorter, votes, { partial: true }).publicTest).toBeDefined();
  });

  it('refuses files that do not belong together', () => {
    const { data, votes } = matching();
    const refuse = (
      message: string,
      faces: Parameters<typeof joinFerPlus>[0],
      file: FerPlusVotes,
      options?: JoinFerPlusOptions,
    ) =>
      expect(() => joinFerPlus(faces, file, options)).toThrow(
        expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringContaining(message) }),
      );
    const cut = { ...votes, n: 499 };
    refuse('votes.csv, row 501, column Usage: there is no such row, only 500', data, cut, { partial: true });
    refuse('501 rows, the faces 500', data, { ...votes, n: 501 });
    const swapped = votes.usages.slice();
    [swapped[100], swapped[200]] = [swapped[200], swapped[100]];
    refuse('row 102, column Usage: PublicTest, but the csv has Training', data, { ...votes, usages: swapped });
    const named = { ...data.train, ids: data.train.ids!.map((id) => `Training_${id}.jpg`) };
    refuse('id "Training_2.jpg"', { ...data, train: named }, votes);
    refuse('id ""', { ...data, train: { ...data.train, ids: undefined } }, votes);
    refuse('id "2"', { ...data, train: { ...data.train, ids: data.train.ids!.map(() => '2') } }, votes);
    refuse('classes are [a', { ...data, train: { ...data.train, classes: [...'abcdefg'] } }, votes);
    // The right usages, but each set shuffled: only the labels can tell.
    const shuffle = (set: Dataset) => ({ ...selectRows(set, new Random(0).permutation(set.n)), ids: set.ids });
    refuse('in another order', { train: shuffle(data.train) }, votes, { partial: true });
    refuse('agree with those of publicTest on', { ...data, publicTest: shuffle(data.publicTest!) }, votes);
    expect(joinFerPlus({ train: data.train }, votes, { partial: true }).train.n).toBeGreaterThan(100);
  });
});

const folder = process.env.FER_DATA ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url));
const file = join(folder, 'fer2013new.csv');
const csv = join(folder, 'fer2013-train-public.csv.gz');

describe.skipIf(!existsSync(file))(`the real FER+ (skipped without ${file}; set FER_DATA)`, () => {
  it('has the votes that are known of it', async () => {
    const { n, votes, usages, names } = await loadFerPlus(file);
    expect(n).toBe(35887);
    const counts = [0, 1, 2].map((usage) => {
      let [rows, strict, blank] = [0, 0, 0];
      for (let i = 0; i < n; i++) {
        if (usages[i] !== usage) continue;
        const cast = votes.subarray(10 * i, 10 * i + 10);
        rows++;
        strict += Number(Math.max(...cast) > 0.5 * cast.reduce((a, b) => a + b));
        blank += Number(names[i] === '');
      }
      return { rows, strict, blank };
    });
    // 76.6 % of Training, 80.1 % of PublicTest.
    expect(counts).toEqual([
      { rows: 28709, strict: 21979, blank: 148 },
      { rows: 3589, strict: 2876, blank: 10 },
      { rows: 3589, strict: 2749, blank: 15 },
    ]);
  });

  it("gives the labels of Microsoft's code", async () => {
    const votes = await loadFerPlus(file);
    // By the names angry, disgust, fear, happy, sad, surprise, neutral, contempt: the rows of Training with each label,
    // and the sums of the soft labels, as a Python transcription of FERPlus/src/ferplus.py gives them.
    const summary = (options: FerPlusOptions) => {
      const { labels, soft, classes, verdicts } = ferPlusLabels(votes, options);
      const k = classes.length;
      const counts = new Array<number>(k).fill(0);
      const sums = new Array<number>(k).fill(0);
      const kept = [0, 0, 0];
      for (let i = 0; i < votes.n; i++) {
        if (verdicts[i] !== 'kept') continue;
        kept[votes.usages[i]]++;
        if (votes.usages[i] !== 0) continue;
        counts[labels[i]]++;
        for (let j = 0; j < k; j++) sums[j] += soft?.[i * k + j] ?? 0;
      }
      return { kept, counts, sums: sums.map((s) => Math.round(s * 100) / 100) };
    };
    expect(summary({})).toMatchObject({
      kept: [25060, 3199, 3153],
      counts: [2100, 119, 532, 7287, 3014, 3149, 8740, 119],
    });
    expect(summary({ removeOutliers: false })).toMatchObject({
      kept: [21811, 2862, 2729],
      counts: [1643, 46, 340, 7083, 2384, 2742, 7495, 78],
    });
    expect(summary({ mode: 'crossEntropy' })).toEqual({
      kept: [27956, 3505, 3505],
      counts: [2407, 169, 641, 7503, 3430, 3524, 10122, 160],
      sums: [2427.51, 236.59, 789.08, 7521.34, 3814.58, 3474.6, 9444.62, 247.68],
    });
    expect(summary({ mode: 'crossEntropy', removeOutliers: false })).toEqual({
      kept: [26275, 3322, 3313],
      counts: [2028, 125, 538, 7414, 3188, 3318, 9534, 130],
      sums: [2030.74, 214.98, 715.63, 7435.58, 3630.18, 3249.92, 8756.89, 241.09],
    });
  });

  it.skipIf(!existsSync(csv))(
    'is not joined to a csv whose rows were shuffled (skipped without the data; set FER_DATA)',
    async () => {
      const [data, votes] = [await loadFer2013(csv), await loadFerPlus(file)];
      expect(() => joinFerPlus(data, votes)).toThrow('35887 rows, the faces 32298');
      expect(() => joinFerPlus(data, votes, { partial: true })).toThrow('in another order');
    },
  );
});

it('reports a missing file', async () => {
  await expect(loadFerPlus(join(folder, 'nowhere.csv'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
