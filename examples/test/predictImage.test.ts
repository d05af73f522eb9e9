import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipe, saveClassifier } from 'fer-core';
import { diskFolder } from 'fer-core/node';
import { syntheticFaces } from 'fer-data';
import { linearL2SVM } from 'fer-heads';
import { loadPretrained } from 'fer-models';
import { useWasm } from 'fer-wasm';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_MODEL } from '../shared/defaultModel.js';
import { lastLine, runExample } from './run.js';

interface Figures {
  measure: string;
  images: {
    file: string;
    faces: {
      box?: { x: number; y: number; width: number; height: number };
      score?: number;
      predicted: string;
      scores: { name: string; score: number }[];
    }[];
  }[];
}

const { images, ...shape } = syntheticFaces({ n: 2, seed: 'predict-image' });
const faces = [images.subarray(0, 2304), images.subarray(2304)];
const raw = { raw: { width: 48, height: 48, channels: 1 } } as const;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fer-predict-'));
  await useWasm({ threads: 1 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('predict-image', () => {
  it('prints the probabilities of each picture of a face by default', async () => {
    const files = await Promise.all(
      faces.map(async (face, i) => {
        const file = join(folder, `${i}.png`);
        await sharp(face, raw).png().toFile(file);
        return file;
      }),
    );
    const { stdout } = await runExample('predict-image', [...files, '--whole', '--json']);
    const figures = lastLine(stdout) as unknown as Figures;
    const classifier = await loadPretrained(DEFAULT_MODEL);
    const { data } = await classifier.predictProba!({ images, ...shape });
    expect(figures.measure).toBe('probability');
    for (const [i, { file, faces: found }] of figures.images.entries()) {
      const [{ predicted, scores }] = found;
      expect(file).toBe(files[i]);
      expect(predicted).toBe(scores[0].name);
      for (const { name, score } of scores) {
        expect(score).toBeCloseTo(data[7 * i + classifier.classes.indexOf(name)], 4);
      }
      expect(stdout).toContain(`${file}: ${predicted}\n`);
    }
    expect(stdout.match(/[█░]{24} {2,}\d+\.\d\d %/g)).toHaveLength(14);
    classifier.dispose();
  });

  it('takes the face in the box of a larger, coloured photo; an uncalibrated SVM gives margins, and says so', async () => {
    const photo = join(folder, 'photo.png');
    await sharp({ create: { width: 200, height: 120, channels: 3, background: '#396' } })
      .composite([{ input: await sharp(faces[0], raw).png().toBuffer(), left: 90, top: 30 }])
      .png()
      .toFile(photo);
    const { backbone } = await loadPretrained('tiny-vgg/softmax');
    const classifier = pipe(backbone, linearL2SVM({ C: 1e-3 }));
    const train = syntheticFaces({ n: 70, seed: 'margins' });
    await classifier.fit(train, train);
    const saved = join(folder, 'svm');
    await saveClassifier(classifier, diskFolder(saved));
    const args = [photo, '--box', '90,30,48,48', '--model', saved, '--json'];
    const { stdout } = await runExample('predict-image', args);
    const { measure, images: found } = lastLine(stdout) as unknown as Figures;
    const { data } = await classifier.decisionFunction({ ...shape, images: faces[0], n: 1 });
    expect(measure).toBe('margin');
    for (const { name, score } of found[0].faces[0].scores) {
      expect(score).toBeCloseTo(data[classifier.classes.indexOf(name)], 4);
    }
    expect(stdout).toContain('margins, not probabilities');
    expect(stdout).not.toContain('%');
    classifier.dispose();
  });

  it.each([
    ['a file that is not there', ['missing.jpg'], 1, /^missing\.jpg: no such file or folder: check the path\.\n$/],
    ['what is no image', ['package.json'], 1, /^package\.json: not an image that can be read .*: give a JPEG.*\n$/],
    ['an unknown option', ['a.png', '--boxes'], 2, /boxes.*\nUsage: npm run predict-image/],
    ['a box and the whole', ['a.png', '--whole', '--box', '1,2,3,4'], 2, /give one of them.*\nUsage/],
    ['a box that is none', ['a.png', '--box', '1,2,3'], 2, /--box is "1,2,3".*\nUsage: npm run predict-image/],
    ['no file', [], 2, /No IMAGE… given\.\nUsage/],
  ])('ends with a clear message on %s', async (_, args, code, message) => {
    const run = runExample('predict-image', args);
    await expect(run).rejects.toMatchObject({ code, stderr: expect.stringMatching(message) });
  });

  it('finds the faces of photographs, reports photographs without faces, and draws the faces', async () => {
    const photo = createRequire(import.meta.url).resolve('tracking/examples/assets/faces.jpg');
    const empty = join(folder, 'empty.jpg');
    await sharp({ create: { width: 300, height: 200, channels: 3, background: '#68a' } })
      .jpeg()
      .toFile(empty);
    const broken = join(folder, 'broken.jpg');
    await writeFile(broken, 'no picture');
    const out = join(folder, 'drawn');
    const run = runExample('predict-image', [photo, broken, empty, photo, '--out', out, '--json']);
    const error = await run.catch((reason: { code: number; stdout: string; stderr: string }) => reason);
    // The broken file is reported, and doesn't prevent the others from being read.
    expect(error).toMatchObject({ code: 1, stderr: expect.stringMatching(/broken\.jpg: not an image/) });
    const { images: found } = lastLine(error.stdout) as unknown as Figures;
    expect(found.map(({ faces }) => faces.length)).toEqual([3, 0, 3]);
    expect(error.stdout).toContain(`${empty}: no face found`);
    expect(error.stdout).toMatch(/faces\.jpg, face 3 of 3 at \d+,\d+,\d+,\d+: /);
    for (const { box, score } of found[0].faces) {
      expect(score).toBeGreaterThan(0.8);
      expect(box!.width).toBeGreaterThan(70);
    }
    expect((await readdir(out)).sort()).toEqual(['empty-faces.jpg', 'faces-faces-2.jpg', 'faces-faces.jpg']);
    expect(await sharp(join(out, 'faces-faces.jpg')).metadata()).toMatchObject({ width: 600, height: 346 });
  });

  it('names the shipped classifiers if a model is unknown', async () => {
    const file = join(folder, 'one.png');
    await sharp(faces[0], raw).png().toFile(file);
    await expect(runExample('predict-image', [file, '--model', 'vgg99'])).rejects.toMatchObject({
      stderr: expect.stringMatching(/^"vgg99" is neither a folder nor a shipped classifier: .*compact-vgg\/softmax/),
    });
  });
});
