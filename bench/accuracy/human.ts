import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPackage } from './findPackage.js';
import { answer, bestOf } from './program.js';
import { importBundle, type Tfjs } from './tfjsBundle.js';

/** The order of its outputs: src/gear/emotion.ts. */
const ORDER = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'] as const;

const folder = findPackage('@vladmandic/human')!;
const tf = await importBundle<Tfjs>(join(folder, 'dist/tfjs.esm.js'), (module) => module);
const { modelTopology, weightsManifest } = JSON.parse(await readFile(join(folder, 'models/emotion.json'), 'utf8'));
const weights = new Uint8Array(await readFile(join(folder, 'models/emotion.bin')));
const model = await tf.loadGraphModel(
  tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData: weights.buffer }),
);

// As in its source: grey in 0..1, resized to 64×64, then scaled to −1..1.
await answer(async ({ images, n, height, width }) => {
  const scores = tf.tidy(() => {
    const grey = tf.tensor4d(
      Float32Array.from(images, (value) => value / 255),
      [n, height, width, 1],
    );
    return model.execute(tf.mul(tf.sub(tf.image.resizeBilinear(grey, [64, 64], false), 0.5), 2));
  });
  const data = await scores.data();
  scores.dispose();
  return bestOf(data, ORDER);
});
