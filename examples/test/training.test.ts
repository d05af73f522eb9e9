import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from 'fer-core';
import { diskFolder } from 'fer-core/node';
import { syntheticFaces } from 'fer-data';
import { exportCsv } from 'fer-data/node';
import type { Comparison } from 'fer-eval';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runExample } from './run.js';

let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fer-training-'));
  data = join(folder, 'faces.csv');
  const splits = { train: syntheticFaces({ n: 84, seed: 1 }), publicTest: syntheticFaces({ n: 28, seed: 2 }) };
  await exportCsv(data, splits);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('train', () => {
  it('trains a recipe, and resumes where it was stopped', async () => {
    const args = ['--recipe', 'shallow-cnn', '--data', data, '--epochs', '1', '--out', join(folder, 'shallow')];
    const { stdout } = await runExample('train', args);
    expect(stdout).toContain('Trained 1 epoch in');
    for (const head of ['softmax', 'l2svm']) {
      const { classes, provenance } = await readManifest(diskFolder(join(folder, 'shallow/classifiers', head)));
      expect(classes).toHaveLength(7);
      expect(provenance.metrics).toMatchObject({ publicTest: { n: 28 } });
    }
    const { stderr } = await runExample('train', args);
    expect(stderr).toContain('checkpoint-000000002.bin resumed');

    const run = join(folder, 'shallow');
    const pooled = await runExample('pool-seeds', [run, run]);
    const comparison: Comparison = JSON.parse(await readFile(join(run, 'comparison.json'), 'utf8'));
    expect(comparison.classifiers).toHaveLength(6);
    const { name, onlyThis, onlyBaseline } = comparison.classifiers[2];
    expect(pooled.stdout).toMatch(new RegExp(`${name}.* right alone ${2 * onlyThis} to ${2 * onlyBaseline}, p = `));
  });

  it('goes on from a trained classifier with the L2-SVM loss', async () => {
    const out = join(folder, 'svm');
    const from = 'compact-vgg/l2svm';
    const args = ['--recipe', 'compact-vgg-svm', '--from', from, '--data', data, '--epochs', '1', '--out', out];
    const { stdout } = await runExample('train', args);
    expect(stdout).toContain('squaredHinge, as trained');
    const { provenance } = await readManifest(diskFolder(join(out, 'classifiers/end-to-end')));
    expect(provenance.options).toMatchObject({ recipe: 'compact-vgg-svm', from });
  });

  it('says what it takes', async () => {
    await expect(runExample('train', ['--recipe', 'deep'])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('shallow-cnn|compact-vgg'),
    });
  });
});

describe('fine-tune-vgg16', () => {
  it('trains a new top, then the last block, and saves an SVM on it', async () => {
    const out = join(folder, 'vgg');
    const args = ['--data', data, '--epochs', '1', '--limit', '28', '--out', out];
    const { stdout, stderr } = await runExample('fine-tune-vgg16', args);
    expect(stdout).toContain('block5_conv1');
    expect(stdout).toMatch(/linear L2-SVM: \d+\.\d\d % of PublicTest/);
    expect(stderr).toMatch(/Stage 1 {3}epoch 1\/1.*Stage 2 {3}epoch 1\/1/s);
    expect((await readManifest(diskFolder(out))).kind).toBe('pipe');
  });
});
