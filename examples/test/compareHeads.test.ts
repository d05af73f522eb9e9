import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backbones } from 'fer-backbones';
import { type Dataset, FER2013_CLASSES, loadClassifier, readManifest } from 'fer-core';
import { diskFolder } from 'fer-core/node';
import { syntheticFaces } from 'fer-data';
import { heads } from 'fer-heads';
import { loadPretrained } from 'fer-models';
import { useWasm } from 'fer-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastLine, runExample } from './run.js';

interface Figures {
  trainSeconds: number;
  heads: { name: string; folder: string; accuracy: Record<string, number>; fit?: { converged: boolean } }[];
  report: string;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fer-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function toCsv({ images, labels, n }: Dataset, usage: string): string {
  const rows = Array.from(
    { length: n },
    (_, i) => `${labels[i]},${images.subarray(i * 2304, (i + 1) * 2304).join(' ')},${usage}`,
  );
  return `${rows.join('\n')}\n`;
}

describe('the main job', () => {
  let figures: Figures;

  it('trains, compares and reports on synthetic faces', async () => {
    const { stdout } = await runExample('compare-heads', [
      '--limit',
      '140',
      '--epochs',
      '1',
      '--json',
      '--out',
      folder,
    ]);
    figures = lastLine(stdout) as unknown as Figures;
    expect(figures.trainSeconds).toBeGreaterThan(0);
    expect(figures.heads.map(({ name }) => name)).toEqual([
      ...['softmax', 'softmax, refit', 'linear L2-SVM, C=0.001', 'linear L2-SVM, C=0.01'],
    ]);
    for (const { fit, accuracy } of figures.heads) {
      expect(fit?.converged ?? true).toBe(true);
      expect(accuracy.Test).toBeGreaterThan(0);
    }
    expect(stdout).toContain('linear L2-SVM, C=0.01');
    const html = await readFile(figures.report, 'utf8');
    expect(html).toContain('<svg');
    for (const part of ['Surest mistakes on Test', 'Ranking of', '>Features<', 'Training', 'rests on (Grad-CAM)'])
      expect(html).toContain(part);
    // The report's conclusions are printed too.
    expect(stdout).toMatch(/• .* is right on [\d.]+.% of\s+the\s+1,000\s+images\s+of\s+Test\s+\(95.%\s+interval/);
    expect(stdout).toMatch(/verdict\n─+\nsoftmax .*baseline\n/);
    expect(html).not.toContain('On worse pictures');
    expect(html.length).toBeLessThan(3_000_000);
    for (const name of FER2013_CLASSES) expect(html).toContain(name);
  });

  it('saves classifiers with their provenance, for which another process measures the same accuracy', async () => {
    const { folder: saved, accuracy } = figures.heads[2];
    const { provenance, classes } = await readManifest(diskFolder(saved));
    expect(classes).toEqual([...FER2013_CLASSES]);
    expect(provenance).toMatchObject({ seed: 1, metrics: accuracy });
    const test = syntheticFaces({ n: 1000, seed: '1/test' });
    const csv = join(folder, 'test.csv');
    await writeFile(csv, `emotion,pixels,Usage\n${toCsv(test, 'PrivateTest')}`);
    const { stdout } = await runExample('evaluate', ['--model', saved, '--data', csv, '--json']);
    expect(lastLine(stdout)).toMatchObject({ n: 1000, accuracy: accuracy.Test });
    // The average of a classifier with itself is the same.
    const twice = await runExample('evaluate', ['--model', saved, '--model', saved, '--data', csv, '--json']);
    expect(twice.stdout).toContain(`The average of 2 classifiers: ${saved}, ${saved}`);
    expect(lastLine(twice.stdout)).toMatchObject({ model: `${saved} + ${saved}`, accuracy: accuracy.Test });

    await useWasm({ threads: 2 });
    const classifier = await loadClassifier(diskFolder(saved), { backbones, heads });
    const predicted = await classifier.predict(test);
    expect(predicted.reduce((sum, label, i) => sum + Number(label === test.labels[i]), 0) / 1000).toBe(accuracy.Test);
    classifier.dispose();
  });

  it('is reproduced by its seed', async () => {
    const again = join(folder, 'again');
    const { stdout } = await runExample('compare-heads', ['--limit', '140', '--epochs', '1', '--json', '--out', again]);
    const { heads: repeated } = lastLine(stdout) as unknown as Figures;
    expect(repeated.map(({ accuracy }) => accuracy)).toEqual(figures.heads.map(({ accuracy }) => accuracy));
    for (const file of ['weights.bin', 'head/weights.f64']) {
      const [first, second] = await Promise.all([folder, again].map((dir) => readFile(join(dir, 'softmax', file))));
      expect(first.equals(second)).toBe(true);
    }
  });

  it('measures shipped classifiers without training, and says what drawn faces are worth', async () => {
    const names = ['compact-vgg/softmax', 'compact-vgg/l2svm'] as const;
    const out = join(folder, 'shipped');
    const args = [...names.flatMap((name) => ['--model', name]), '--json', '--out', out];
    const { stdout } = await runExample('compare-heads', args);
    expect(stdout).toContain('The test faces are drawn');
    expect(stdout).not.toContain('Trained');
    const { heads: measured, report, trainSeconds } = lastLine(stdout) as unknown as Figures;
    expect(trainSeconds).toBeUndefined();
    expect(measured.map(({ name }) => name)).toEqual(names);
    const test = syntheticFaces({ n: 1000, seed: '1/test' });
    await useWasm({ threads: 2 });
    const classifier = await loadPretrained(names[1]);
    const predicted = await classifier.predict(test);
    const correct = predicted.filter((label, i) => label === test.labels[i]).length;
    expect(measured[1].accuracy.Test).toBe(correct / 1000);
    classifier.dispose();
    const html = await readFile(report, 'utf8');
    for (const part of [...names, 'The test faces are drawn', 'training/train.py']) expect(html).toContain(part);
  });

  it.each([
    ['training options where nothing is trained', ['--model', 'compact-vgg/l2svm', '--C', '1'], 'leave out --C'],
    ['a model that is not there', ['--model', 'vgg99'], '"vgg99" is neither a folder nor a shipped classifier'],
    ['a file that is not there', ['--data', 'missing.csv'], 'no such file'],
    ['an option that is no number', ['--epochs', 'many'], '--epochs is "many"'],
    ['an unknown option', ['--speed', '9'], 'Usage: npm start'],
  ])('ends with a clear message on %s', async (_, args, message) => {
    await expect(runExample('compare-heads', [...args, '--out', join(folder, 'none')])).rejects.toMatchObject({
      stderr: expect.stringContaining(message),
    });
    await expect(readFile(join(folder, 'none', 'report.html'))).rejects.toThrow('ENOENT');
  });
});
