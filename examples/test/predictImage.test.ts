import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticFaces } from 'fer-data';
import { loadPretrained } from 'fer-models';
import { useWasm } from 'fer-wasm';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastLine, runExample } from './run.js';

interface Figures {
  measure: string;
  images: { file: string; predicted: string; scores: { name: string; score: number }[] }[];
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
  it('says what the classifier says of each photo, probabilities by default', async () => {
    const files = await Promise.all(
      faces.map(async (face, i) => {
        const file = join(folder, `${i}.png`);
        await sharp(face, raw).png().toFile(file);
        return file;
      }),
    );
    const { stdout } = await runExample('predict-image', [...files, '--json']);
    const figures = lastLine(stdout) as unknown as Figures;
    const classifier = await loadPretrained('compact-vgg/softmax');
    const { data } = await classifier.predictProba!({ images, ...shape });
    expect(figures.measure).toBe('probability');
    for (const [i, { file, predicted, scores }] of figures.images.entries()) {
      expect(file).toBe(files[i]);
      expect(predicted).toBe(scores[0].name);
      for (const { name, score } of scores) {
        expect(score).toBeCloseTo(data[7 * i + classifier.classes.indexOf(name)], 4);
      }
      expect(stdout).toContain(`${file}: ${predicted}\n`);
    }
    expect(stdout.match(/[█░]{24} {2,}\d+\.\d\d %/g)).toHaveLength(14);
    classifier.dispose();
  }, 120_000);

  it('takes the face in the box of a larger, coloured photo; an SVM gives margins, and says so', async () => {
    const photo = join(folder, 'photo.png');
    await sharp({ create: { width: 200, height: 120, channels: 3, background: '#396' } })
      .composite([{ input: await sharp(faces[0], raw).png().toBuffer(), left: 90, top: 30 }])
      .png()
      .toFile(photo);
    const args = [photo, '--box', '90,30,48,48', '--model', 'compact-vgg/l2svm', '--json'];
    const { stdout } = await runExample('predict-image', args);
    const { measure, images: found } = lastLine(stdout) as unknown as Figures;
    const classifier = await loadPretrained('compact-vgg/l2svm');
    const { data } = await classifier.decisionFunction({ ...shape, images: faces[0], n: 1 });
    expect(measure).toBe('margin');
    for (const { name, score } of found[0].scores) {
      expect(score).toBeCloseTo(data[classifier.classes.indexOf(name)], 4);
    }
    expect(stdout).toContain('margins, not probabilities');
    expect(stdout).not.toContain('%');
    classifier.dispose();
  }, 120_000);

  it.each([
    ['a file that is not there', ['missing.jpg'], 1, /^missing\.jpg: no such file or folder: check the path\.\n$/],
    ['what is no image', ['package.json'], 1, /^package\.json: not an image that can be read .*: replace it\.\n$/],
    ['a box that is none', ['a.png', '--box', '1,2,3'], 2, /--box is "1,2,3".*\nUsage: npm run predict-image/],
    ['no file', [], 2, /No IMAGE… given\.\nUsage/],
  ])('ends with a clear message on %s', async (_, args, code, message) => {
    const run = runExample('predict-image', args);
    await expect(run).rejects.toMatchObject({ code, stderr: expect.stringMatching(message) });
  });

  it('names what is shipped where a model is unknown', async () => {
    const file = join(folder, 'one.png');
    await sharp(faces[0], raw).png().toFile(file);
    await expect(runExample('predict-image', [file, '--model', 'vgg99'])).rejects.toMatchObject({
      stderr: expect.stringMatching(/^"vgg99" is no folder and no shipped classifier: .*compact-vgg\/softmax/),
    });
  });
});
