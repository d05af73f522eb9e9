import * as tf from '@tensorflow/tfjs-core';
import { shallowCnn } from 'fer-backbones';
import { pipe } from 'fer-core';
import { softmax } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { expect, it } from 'vitest';
import { exportOnnx } from '../../src/index.js';

it('an export says what to wait for while no backend runs', async () => {
  await useWasm({ threads: 1 });
  const classifier = pipe(shallowCnn(), softmax());
  const images = new Uint8Array(4 * 48 * 48).map((_, i) => (i * 7919) % 251);
  const labels = { labels: Uint8Array.of(0, 1, 0, 1), classes: ['a', 'b'] };
  await classifier.fit({ images, n: 4, height: 48, width: 48, channels: 1 }, labels);
  tf.registerBackend('slow', () => new Promise<tf.KernelBackend>(() => undefined));
  void tf.setBackend('slow');
  await expect(exportOnnx(classifier)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('await useWasm()'),
  });
  await useWasm();
  expect((await exportOnnx(classifier)).length).toBeGreaterThan(0);
  classifier.dispose();
});
