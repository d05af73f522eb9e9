import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import {
  bytesToFloat32,
  type Classifier,
  type CompositeLoader,
  type Dataset,
  FerError,
  type Folder,
  float32ToBytes,
  innerPart,
  isFerError,
  isPiped,
  type Loaders,
  loadClassifier,
  loadHead,
  memoryFolder,
  mountFiles,
  type Progress,
  partFile,
  pipe,
  readManifest,
  type SavedPart,
  saveClassifier,
  sha256,
  unmountFiles,
} from 'fer-core';
import { diskFolder } from 'fer-core/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MeansHead, tinyBackbone, tinyBackboneLoader } from './tiny.js';

const loaders: Loaders = { backbones: [tinyBackboneLoader], heads: [MeansHead.loader] };
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (value: string) => new TextEncoder().encode(value);
const parse = (file: Uint8Array) => JSON.parse(text(file));

const dataset: Dataset = {
  images: Uint8Array.of(0, 1, 2, 3, 250, 251, 252, 253),
  n: 2,
  height: 2,
  width: 2,
  channels: 1,
  labels: Uint8Array.of(0, 1),
  classes: ['düster', 'bright'],
};

async function fitted() {
  const classifier = pipe(tinyBackbone(), new MeansHead());
  await classifier.fit(dataset, dataset);
  return classifier;
}

/** A classifier in a classifier. */
function boxed<In>(inside: Classifier<In>): Classifier<In> {
  return {
    classes: inside.classes,
    fit: (x, y) => inside.fit(x, y),
    dispose: () => inside.dispose(),
    decisionFunction: (x) => inside.decisionFunction(x),
    predict: (x) => inside.predict(x),
    async serialize() {
      const { kind, config, files } = await inside.serialize();
      return { kind: 'box', config: { inside: { kind, config } }, files: mountFiles('inside', files) };
    },
  };
}

const boxLoader: CompositeLoader = {
  kind: 'box',
  compose: async (part, load) => boxed(await load(innerPart(part, part.config.inside, 'inside'))),
};

/** What a folder holds after saving a tiny classifier. */
async function savedFiles(provenance = {}): Promise<Map<string, Uint8Array>> {
  let held = new Map<string, Uint8Array>();
  const folder: Folder = {
    location: 'memory',
    read: () => Promise.reject(new Error('not needed')),
    write: async (files) => {
      held = new Map(files);
    },
  };
  await saveClassifier(await fitted(), folder, provenance);
  return held;
}

/** A manifest made by hand, its digest right: what a careless or hostile writer could publish. */
async function sealed(changes: object): Promise<Uint8Array> {
  const { digest: _, ...manifest } = { ...parse((await savedFiles()).get('classifier.json')!), ...changes };
  return bytes(JSON.stringify({ ...manifest, digest: await sha256(bytes(JSON.stringify(manifest))) }));
}

async function loadWith(changes: object) {
  const files = await savedFiles();
  files.set('classifier.json', await sealed(changes));
  return loadClassifier(memoryFolder(files), loaders);
}

describe('a saved classifier', () => {
  let place: string;
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'fer-saved-'));
  });
  afterAll(() => rm(place, { recursive: true }));

  it.each<[string, () => Folder]>([
    ['memory', () => memoryFolder()],
    ['disk', () => diskFolder(join(place, 'a'))],
  ])('comes back through %s the same', async (_, make) => {
    const [classifier, folder] = [await fitted(), make()];
    const provenance = { seed: 7, dataDigest: 'd', options: { C: 1e-3 }, metrics: { privateTest: 0.6718 } };
    await saveClassifier(classifier, folder, provenance);
    const loaded = await loadClassifier(folder, loaders);
    expect(loaded.classes).toEqual(dataset.classes);
    expect(await loaded.decisionFunction(dataset)).toEqual(await classifier.decisionFunction(dataset));
    const manifest = await readManifest(folder);
    expect(manifest).toMatchObject({ format: 'fer-classifier', version: 1, kind: 'pipe', provenance });
    expect(Object.keys(manifest.files).sort()).toEqual(['head/means.bin', 'model.json', 'weights.bin']);
    expect(manifest.files['weights.bin']).toEqual({ bytes: 4, sha256: await sha256(await folder.read('weights.bin')) });
  });

  it('tells how much of it is read, and stops when told', async () => {
    const files = await savedFiles();
    const done: Progress[] = [];
    await loadClassifier(memoryFolder(files), loaders, { onProgress: (event) => done.push(event) });
    files.delete('classifier.json');
    const totalBytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    expect(done).toHaveLength(files.size);
    expect(done.at(-1)).toEqual({ kind: 'load', rows: 0, bytes: totalBytes, totalBytes });

    const controller = new AbortController();
    const given: (AbortSignal | undefined)[] = [];
    const memory = memoryFolder(await savedFiles());
    const watched: Folder = {
      location: 'memory',
      read(name, signal) {
        given.push(signal);
        return memory.read(name);
      },
    };
    const onProgress = (): void => controller.abort(new Error('enough'));
    const loading = loadClassifier(watched, loaders, { onProgress, signal: controller.signal });
    await expect(loading).rejects.toThrow('enough');
    expect(given).toEqual([controller.signal, controller.signal]);
  });

  it('may be a head alone', async () => {
    const head = new MeansHead();
    const features = { data: Float32Array.of(1, 2, 3, 9), rows: 2, columns: 2 };
    await head.fit(features, dataset);
    const folder = memoryFolder();
    await saveClassifier(head, folder);
    const loaded = await loadHead(folder, loaders.heads);
    expect(await loaded.decisionFunction(features)).toEqual(await head.decisionFunction(features));
    await expect(loadClassifier(folder, loaders)).rejects.toThrow(/"means" alone: read it with loadHead/);
    await expect(loadHead(memoryFolder(await savedFiles()), loaders.heads)).rejects.toThrow(/loadClassifier/);
  });

  it.each(['heads', 'classifiers'] as const)('may be made of %s', async (what) => {
    const folder = memoryFolder();
    if (what === 'classifiers') {
      await saveClassifier(boxed(await fitted()), folder);
      expect(Object.keys((await readManifest(folder)).files)).toContain('inside/model.json');
      const loaded = await loadClassifier(folder, { ...loaders, heads: [...loaders.heads, boxLoader] });
      expect(isPiped(loaded)).toBe(false);
      expect(await loaded.predict(dataset)).toEqual(await (await fitted()).predict(dataset));
      const unknown = loadClassifier(folder, { ...loaders, heads: [boxLoader] });
      await expect(unknown).rejects.toThrow(/no loader for "means" \(known: box\)/);
      await expect(loadHead(folder, [boxLoader])).rejects.toThrow(/loadClassifier/);
      return;
    }
    const { head } = await fitted();
    await saveClassifier(boxed(boxed(head)), folder);
    const loaded = await loadHead(folder, [...loaders.heads, boxLoader]);
    expect(loaded.classes).toEqual(head.classes);
    await saveClassifier(pipe(tinyBackbone(), boxed(head)), folder);
    const piped = await loadClassifier(folder, { ...loaders, heads: [...loaders.heads, boxLoader] });
    expect(isPiped(piped)).toBe(true);
    expect(await piped.predict(dataset)).toEqual(await (await fitted()).predict(dataset));
    await saveClassifier(
      { ...boxed(head), serialize: async () => ({ kind: 'box', config: {}, files: new Map() }) },
      folder,
    );
    await expect(loadHead(folder, [boxLoader])).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('is not written if it could not be read back', async () => {
    const classifier = await fitted();
    await expect(saveClassifier(pipe(tinyBackbone(), new MeansHead()), memoryFolder())).rejects.toMatchObject({
      code: 'NOT_FITTED',
    });
    const { write: _, ...readOnly } = memoryFolder();
    await expect(saveClassifier(classifier, readOnly)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    for (const accuracy of [NaN, Infinity]) {
      const saving = saveClassifier(classifier, memoryFolder(), { metrics: { deep: [{ accuracy }] } });
      await expect(saving).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    for (const [lost, shown] of [
      [new Map([['a', 1]]), 'a Map'],
      [Float32Array.of(1), 'a Float32Array'],
      [() => 1, 'a function'],
      [1n, 'a bigint'],
      [[undefined], 'undefined'],
    ]) {
      const saving = saveClassifier(classifier, memoryFolder(), { metrics: { deep: { lost } } as never });
      const message = expect.stringMatching(new RegExp(`^provenance\\.metrics\\.deep\\.lost(\\[0\\])? is ${shown}: `));
      await expect(saving).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message });
    }
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const saving = saveClassifier(classifier, memoryFolder(), { notes: circle as never });
    await expect(saving).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await saveClassifier(classifier, memoryFolder(), { seed: undefined, notes: { none: null, list: ['a', true, 1] } });
    for (const name of ['../escape', '/root', 'classifier.json', 'a b', '']) {
      const part = { kind: 'x', config: {}, files: new Map([[name, Uint8Array.of(1)]]) };
      const saving = saveClassifier({ ...classifier, serialize: async () => part }, memoryFolder());
      await expect(saving, name).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });
});

describe('a load', () => {
  it('gets one save or the other, whole, while another program saves', async () => {
    const folder = memoryFolder();
    await saveClassifier(await fitted(), folder);
    const other = memoryFolder();
    const second = pipe(tinyBackbone(), new MeansHead());
    await second.fit({ ...dataset, images: dataset.images.map((byte) => 255 - byte) });
    await saveClassifier(second, other);
    let reads = 0;
    // The first save is replaced after its manifest and one file were read.
    const swapped: Folder = { location: 'swapped', read: (name) => (++reads <= 2 ? folder : other).read(name) };
    const loaded = await loadClassifier(swapped, loaders);
    expect(await loaded.decisionFunction(dataset)).toEqual(await second.decisionFunction(dataset));
  });

  it('disposes what it has made if it fails', async () => {
    const disposed: string[] = [];
    const counting = <T extends { dispose(): void }>(name: string, part: T): T => {
      const { dispose } = part;
      part.dispose = () => {
        disposed.push(name);
        dispose.call(part);
      };
      return part;
    };
    const head = {
      kind: MeansHead.loader.kind,
      load: async (part: SavedPart) => counting('head', await MeansHead.loader.load(part)),
    };
    const backbone = {
      kind: tinyBackboneLoader.kind,
      load: async (part: SavedPart) => counting('backbone', await tinyBackboneLoader.load(part)),
    };
    const folder = memoryFolder();
    await saveClassifier(await fitted(), folder);
    await expect(loadClassifier(folder, { backbones: [], heads: [head] })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
    expect(disposed).toEqual(['head']);
    await loadClassifier(folder, { backbones: [backbone], heads: [head] });
    expect(disposed).toEqual(['head']);
    // A composite that reads a member and then finds the next one damaged.
    disposed.length = 0;
    const half: CompositeLoader = {
      kind: 'box',
      async compose(part, loadMember) {
        await loadMember(innerPart(part, part.config.inside, 'inside'));
        throw new FerError('CORRUPT', 'the second member is damaged.');
      },
    };
    const box = memoryFolder();
    await saveClassifier(boxed(await fitted()), box);
    await expect(loadClassifier(box, { backbones: [backbone], heads: [head, half] })).rejects.toMatchObject({
      code: 'CORRUPT',
    });
    expect(disposed.sort()).toEqual(['backbone', 'head']);
  });
});

describe('a damaged folder', () => {
  it('is refused for any change of any byte, unless the JSON says the same', async () => {
    const files = await savedFiles({ seed: 1, metrics: { loss: 1e-7, huge: 1e100 }, notes: { 'ü"\\': '\u0001' } });
    const manifest = parse(files.get('classifier.json')!);
    let harmless = 0;
    for (const [name, original] of files) {
      for (let i = 0; i < original.length; i++) {
        // One bit, the case of a letter, a blank, a digit, the byte's complement.
        const bit = 1 << (i % 8);
        for (const byte of new Set([original[i] ^ bit, original[i] ^ 32, 32, 48 + (i % 10), original[i] ^ 255])) {
          if (byte === original[i]) continue;
          const changed = original.slice();
          changed[i] = byte;
          const folder = memoryFolder(new Map(files).set(name, changed));
          const error = await loadClassifier(folder, loaders).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          const what = `${name}, byte ${i}: ${original[i]} became ${byte}`;
          if (error === undefined) {
            expect(name, what).toBe('classifier.json');
            expect(isDeepStrictEqual(parse(changed), manifest), what).toBe(true);
            harmless++;
          } else {
            expect(isFerError(error, 'CORRUPT') || isFerError(error, 'UNSUPPORTED'), `${what}: ${error}`).toBe(true);
          }
        }
      }
    }
    // White space, and the E of an exponent.
    expect(harmless).toBeGreaterThan(0);
  });

  it('is refused when any file is cut, grown or missing', async () => {
    const files = await savedFiles();
    for (const [name, original] of files) {
      for (const length of new Set([0, 1, original.length >> 1, original.length - 1])) {
        const folder = memoryFolder(new Map(files).set(name, original.slice(0, length)));
        await expect(loadClassifier(folder, loaders), `${name} cut to ${length}`).rejects.toMatchObject({
          code: 'CORRUPT',
        });
      }
      const grown = memoryFolder(new Map(files).set(name, Uint8Array.of(...original, 65)));
      await expect(loadClassifier(grown, loaders), name).rejects.toMatchObject({ code: 'CORRUPT' });
      const lacking = new Map(files);
      lacking.delete(name);
      await expect(loadClassifier(memoryFolder(lacking), loaders), name).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    expect(files.size).toBe(4);
  });

  it('is refused when two files are swapped', async () => {
    const files = await savedFiles();
    const [weights, model] = [files.get('weights.bin')!, files.get('model.json')!];
    const swapped = new Map(files).set('weights.bin', model).set('model.json', weights);
    await expect(loadClassifier(memoryFolder(swapped), loaders)).rejects.toMatchObject({ code: 'CORRUPT' });
  });
});

describe('a manifest', () => {
  it('made by hand is accepted when it is right', async () => {
    await expect(loadWith({})).resolves.toMatchObject({ classes: dataset.classes });
  });

  it.each<[string, object, string]>([
    ['another format', { format: 'other' }, 'CORRUPT'],
    ['a later version', { version: 2 }, 'UNSUPPORTED'],
    ['no version', { version: undefined }, 'UNSUPPORTED'],
    ['an unknown kind', { kind: 'ensemble' }, 'UNSUPPORTED'],
    ['no kind', { kind: 5 }, 'CORRUPT'],
    ['classes that are no names', { classes: [1, 2] }, 'CORRUPT'],
    ['no classes', { classes: undefined }, 'CORRUPT'],
    ['no config', { config: null }, 'CORRUPT'],
    ['no provenance', { provenance: [] }, 'CORRUPT'],
    ['no files', { files: undefined }, 'CORRUPT'],
    ['a file without a size', { files: { a: { sha256: '' } } }, 'CORRUPT'],
    ['a file that is null', { files: { a: null } }, 'CORRUPT'],
    ['a path that leaves the folder', { files: { '../../etc/passwd': { bytes: 0, sha256: '' } } }, 'CORRUPT'],
    ['an absolute path', { files: { '/etc/passwd': { bytes: 0, sha256: '' } } }, 'CORRUPT'],
    ['a Windows path', { files: { 'C:\\a': { bytes: 0, sha256: '' } } }, 'CORRUPT'],
    ['itself among its files', { files: { 'classifier.json': { bytes: 0, sha256: '' } } }, 'CORRUPT'],
    ['a pipe of nothing', { config: {} }, 'CORRUPT'],
    ['a pipe without a head', { config: { backbone: { kind: 'tiny', config: {} } } }, 'CORRUPT'],
    [
      'a head of an unknown kind',
      { config: { backbone: { kind: 'tiny', config: {} }, head: { kind: 'oracle', config: {} } } },
      'UNSUPPORTED',
    ],
    ['the classes of another', { classes: ['a', 'b'] }, 'CORRUPT'],
  ])('with %s is refused', async (_, changes, code) => {
    await expect(loadWith(changes)).rejects.toMatchObject({ name: 'FerError', code });
  });

  it('is refused if it is not an object', async () => {
    for (const json of ['null', '5', '[]', '"x"', '', '{']) {
      const folder = memoryFolder([['classifier.json', bytes(json)]]);
      await expect(readManifest(folder), json).rejects.toMatchObject({ code: 'CORRUPT' });
    }
  });

  it('never lets a path outside be read', async () => {
    const asked: string[] = [];
    const manifest = await sealed({ files: { 'a/../../secret': { bytes: 0, sha256: '' } } });
    const folder: Folder = {
      location: 'x',
      async read(name) {
        asked.push(name);
        return manifest;
      },
    };
    await expect(loadClassifier(folder, loaders)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(asked).toEqual(['classifier.json']);
  });

  it('tells the kinds there are loaders for', async () => {
    const loading = loadClassifier(memoryFolder(await savedFiles()), { ...loaders, backbones: [] });
    await expect(loading).rejects.toThrow(/no loader for "tiny" \(known: \)/);
  });

  it('that is not there is NOT_FOUND', async () => {
    await expect(readManifest(memoryFolder())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('files of parts', () => {
  it('mount and unmount are inverse', () => {
    const files = new Map([
      ['a', Uint8Array.of(1)],
      ['head/b', Uint8Array.of(2)],
    ]);
    expect(unmountFiles('head', mountFiles('head', files))).toEqual(files);
    expect([...unmountFiles('head', files).keys()]).toEqual(['b']);
    expect(unmountFiles('he', files).size).toBe(0);
  });

  it('a missing one is CORRUPT', () => {
    const part = { kind: 'x', config: {}, files: new Map([['a', Uint8Array.of(1)]]) };
    expect(partFile(part, 'a')).toEqual(Uint8Array.of(1));
    expect(() => partFile(part, 'b')).toThrow(FerError);
    expect(() => partFile(part, 'b')).toThrow(/^b: the saved x lacks this file/);
  });
});

describe('float32 bytes', () => {
  it('are little-endian IEEE 754', () => {
    expect([...float32ToBytes(Float32Array.of(1, -2))]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it('come back the same, also from an unaligned view', () => {
    fc.assert(
      fc.property(fc.float32Array(), (values) => {
        const saved = float32ToBytes(values);
        const unaligned = new Uint8Array(saved.length + 1);
        unaligned.set(saved, 1);
        expect(bytesToFloat32(saved, values.length)).toEqual(values);
        expect(bytesToFloat32(unaligned.subarray(1), values.length)).toEqual(values);
      }),
    );
  });

  it('of another number are refused', () => {
    expect(() => bytesToFloat32(new Uint8Array(7), 2)).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
    expect(() => bytesToFloat32(new Uint8Array(12), 2)).toThrow(/12 bytes of weights, expected 8/);
  });
});
