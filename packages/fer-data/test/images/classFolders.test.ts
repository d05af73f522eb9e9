import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FER2013_CLASSES } from 'fer-core';
import { CLASS_SYNONYMS, classIndex } from 'fer-data';
import { type ImageFolderOptions, loadImageFolder } from 'fer-data/node';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root: string;
let png: Buffer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fer-classes-'));
  png = await sharp(Buffer.alloc(16, 99), { raw: { width: 4, height: 4, channels: 1 } })
    .png()
    .toBuffer();
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), png);
  }
}

/** The class of each image by its id, and its split. */
async function load(options: ImageFolderOptions = {}): Promise<Record<string, string>> {
  const { train, publicTest, privateTest } = await loadImageFolder(root, { size: 4, ...options });
  const found: Record<string, string> = {};
  for (const [split, set] of Object.entries({ train, publicTest, privateTest })) {
    set?.ids?.forEach((id, i) => {
      found[id] = `${split} ${set.classes[set.labels[i]]}`;
    });
  }
  return found;
}

const refused = (message: RegExp | string) => ({
  code: 'INVALID_DATA',
  message: expect.stringMatching(message),
});

/** AffectNet's order, which is not FER2013's. */
const AFFECT_NET = ['neutral', 'happy', 'sad', 'surprise', 'fear', 'disgust', 'angry', 'contempt'];
/** RAF-DB numbers these from 1. */
const RAF_DB = ['surprise', 'fear', 'disgust', 'happy', 'sad', 'angry', 'neutral'];

describe('numbered folders', () => {
  it("are FER2013's labels without classes of one's own", async () => {
    await put('0/a.png', '3/b.png', '6/c.png');
    expect(await load()).toEqual({ '0/a.png': 'train angry', '3/b.png': 'train happy', '6/c.png': 'train neutral' });
  });

  it("are indices into classes of one's own", async () => {
    await put('train/0/a.png', 'train/7/b.png', 'val/1/c.png');
    expect(await load({ classes: AFFECT_NET })).toEqual({
      'train/0/a.png': 'train neutral',
      'train/7/b.png': 'train contempt',
      'val/1/c.png': 'publicTest happy',
    });
  });

  it('are refused if they count from 1, and read by synonyms', async () => {
    await put('1/a.png', '7/b.png');
    await expect(load({ classes: RAF_DB })).rejects.toMatchObject(
      refused(/"1" is not an index .* 0 to 6.*synonyms: \{ 1:/),
    );
    await rm(join(root, '7'), { recursive: true });
    await expect(load({ classes: RAF_DB })).rejects.toMatchObject(refused(/"1" is not an index/));
    await put('0/c.png', '7/b.png');
    await expect(load({ classes: RAF_DB })).rejects.toMatchObject(refused(/"7" is not an index/));
    await rm(join(root, '0'), { recursive: true });
    const synonyms = Object.fromEntries(RAF_DB.map((name, i) => [i + 1, name]));
    const map = new Map(Object.entries(synonyms)) as never;
    await expect(load({ classes: RAF_DB, synonyms: map })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await load({ classes: RAF_DB, synonyms })).toEqual({
      '1/a.png': 'train surprise',
      '7/b.png': 'train neutral',
    });
  });

  it('are names if the classes are numbers', async () => {
    await put('2/a.png', '10/b.png');
    expect(await load({ classes: ['10', '2'] })).toEqual({ '2/a.png': 'train 2', '10/b.png': 'train 10' });
    await put('0/c.png');
    await expect(load({ classes: ['10', '2'] })).rejects.toMatchObject(refused(/"0"/));
  });
});

describe('splits', () => {
  it("come from file names only where the classes are FER2013's", async () => {
    await put('happy/PublicTest_1.png', 'sad/PrivateTest_2.png', 'sad/Training_3.png');
    const byName = {
      'happy/PublicTest_1.png': 'publicTest happy',
      'sad/PrivateTest_2.png': 'privateTest sad',
      'sad/Training_3.png': 'train sad',
    };
    expect(await load()).toEqual(byName);
    expect(await load({ classes: [...FER2013_CLASSES] })).toEqual(byName);
    const all = Object.fromEntries(Object.keys(byName).map((id) => [id, `train ${id.split('/')[0]}`]));
    expect(await load({ classes: ['sad', 'happy'] })).toEqual(all);
    expect(await load({ classes: 'infer' })).toEqual(all);
  });

  it.each([
    ['Train', 'train'],
    ['training', 'train'],
    ['public_test', 'publicTest'],
    ['Valid', 'publicTest'],
    ['val', 'publicTest'],
    ['validation', 'publicTest'],
    ['Private Test', 'privateTest'],
    ['test', 'privateTest'],
    ['testing', 'privateTest'],
  ])('are folders: %s', async (folder, split) => {
    await put(`${folder}/sad/a.png`);
    expect(await load()).toEqual({ [`${folder}/sad/a.png`]: `${split} sad` });
  });

  it.each(['constructor_1', 'constructor', '__proto__', 'toString', 'train1'])(
    'are no folder called %s',
    async (name) => {
      await put(`${name}/sad/a.png`, 'train/sad/b.png');
      await expect(load()).rejects.toMatchObject(refused(`"${name}" names no class and no split`));
    },
  );

  it('give way to classes of the same name', async () => {
    await put('train/a.png', 'test/b.png', 'bus/c.png');
    expect(await load({ classes: ['bus', 'test', 'train'] })).toEqual({
      'bus/c.png': 'train bus',
      'test/b.png': 'train test',
      'train/a.png': 'train train',
    });
  });
});

describe("classes: 'infer'", () => {
  it('takes the names of all class folders, sorted', async () => {
    await put('train/smile/a.png', 'train/Frown/b.png', 'test/smile/c.png', 'test/blank/d.png');
    const { train, privateTest } = await loadImageFolder(root, { classes: 'infer', size: 4 });
    expect(train.classes).toEqual(['Frown', 'blank', 'smile']);
    expect([[...train.labels], [...privateTest!.labels]]).toEqual([
      [0, 2],
      [1, 2],
    ]);
  });

  it('takes numbers for names', async () => {
    await put('2/a.png', '10/b.png');
    expect(await load({ classes: 'infer' })).toEqual({ '2/a.png': 'train 2', '10/b.png': 'train 10' });
  });

  it.skipIf(process.platform !== 'linux')(
    'refuses names that differ only in case or normal form (needs Linux)',
    async () => {
      await put('train/smile/a.png', 'test/Smile/b.png');
      await expect(load({ classes: 'infer' })).rejects.toMatchObject(refused(/another spelling/));
      await rm(join(root, 'test'), { recursive: true });
      await put(`train/${'gaîté'.normalize('NFD')}/a.png`, `val/${'gaîté'.normalize('NFC')}/b.png`);
      expect(Object.values(await load({ classes: 'infer' }))).toContain('publicTest gaîté'.normalize('NFC'));
    },
  );

  it('refuses a split beside classes', async () => {
    await put('train/smile/a.png', 'frown/b.png');
    await expect(load({ classes: 'infer' })).rejects.toMatchObject(refused(/train: this split lies beside/));
  });
});

describe('class names', () => {
  it.each(['NFC', 'NFD'])('match in any normal form: folders in %s', async (form) => {
    await put(`${'dégoût'.normalize(form)}/a.png`);
    for (const own of ['NFC', 'NFD']) {
      const classes = ['dégoût'.normalize(own), 'joie'];
      expect(Object.values(await load({ classes }))).toEqual([`train ${classes[0]}`]);
      const synonyms = { ['Dégoût'.normalize(own)]: 'disgust' };
      expect(Object.values(await load({ synonyms }))).toEqual(['train disgust']);
    }
  });

  it('may be those of object properties', async () => {
    await put('constructor/a.png', '__proto__/b.png');
    expect(await load({ classes: ['__proto__', 'constructor'] })).toEqual({
      'constructor/a.png': 'train constructor',
      '__proto__/b.png': 'train __proto__',
    });
    expect(classIndex('constructor', ['sad', 'happy'])).toBe(-1);
    expect(classIndex('toString', ['sad', 'happy'], { x: 'sad' })).toBe(-1);
  });

  it('match exactly before they match in another case', () => {
    expect(['a', 'A', ' a '].map((name) => classIndex(name, ['A', 'a']))).toEqual([1, 0, 0]);
    expect(classIndex('Anger', ['happy', 'angry'])).toBe(1);
    expect(classIndex('anger', ['happy', 'angry'], { ANGER: 'happy' })).toBe(0);
    for (const [name, meant] of Object.entries(CLASS_SYNONYMS)) {
      expect(classIndex(name, FER2013_CLASSES)).toBe(FER2013_CLASSES.indexOf(meant as 'sad'));
    }
  });

  it('are at most 256, all different, and what synonyms stand for', async () => {
    await put('sad/a.png');
    const many = Array.from({ length: 300 }, (_, i) => `person ${i}`);
    for (const options of [
      { classes: many },
      { classes: [] },
      { classes: ['a', 'a'] },
      { classes: 'sad' as 'infer' },
      { classes: [1, 2] as unknown as string[] },
      { synonyms: { cross: 'furious' } },
    ]) {
      await expect(load(options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    await put(...many.map((name) => `${name}/a.png`));
    await expect(load({ classes: 'infer' })).rejects.toMatchObject({
      message: expect.stringContaining('301 different class folders'),
    });
  });
});

describe('strays', () => {
  it('of archivers and file managers are passed over', async () => {
    await put('train/sad/a.png', '__MACOSX/train/sad/._a.png', 'train/__MACOSX/b.png', '.git/x', 'Thumbs.db');
    expect(await load()).toEqual({ 'train/sad/a.png': 'train sad' });
    expect(await load({ classes: 'infer' })).toEqual({ 'train/sad/a.png': 'train sad' });
  });

  it('are left out and listed if asked', async () => {
    await put('sad/a.png', 'notes.txt');
    await symlink(join(root, 'nowhere'), join(root, 'lost'));
    await symlink(join(root, 'nowhere'), join(root, 'sad', 'gone.png'));
    await expect(load()).rejects.toMatchObject({ code: 'NOT_FOUND', place: { file: join(root, 'lost') } });
    const { train, skipped } = await loadImageFolder(root, { onBadFile: 'skip', size: 4 });
    expect(train.ids).toEqual(['sad/a.png']);
    expect(skipped.map(({ file }) => file)).toEqual(
      ['lost', 'notes.txt', 'sad/gone.png'].map((name) => join(root, name)),
    );
  });
});
