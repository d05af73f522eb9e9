import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPackage } from './findPackage.js';
import { answer, bestOf } from './program.js';
import { importBundle, type Tensor, type Tfjs } from './tfjsBundle.js';

/** The part of its API that is used. */
interface FaceApi {
  readonly tf: Tfjs;
  readonly nets: {
    readonly faceExpressionNet: {
      loadFromWeightMap(weights: Record<string, Tensor>): void;
      forward(faces: readonly Tensor[]): Promise<Tensor>;
    };
  };
}

/**
 * The order of its outputs: src/faceExpressionNet/FaceExpressions.ts. Its names differ from ours only in grammatical
 * form.
 */
const ORDER = ['neutral', 'happy', 'sad', 'angry', 'fear', 'disgust', 'surprise'] as const;

const folder = findPackage('@vladmandic/face-api')!;
const { tf, nets } = await importBundle<FaceApi>(join(folder, 'dist/face-api.esm.js'), (module) => module.tf);
const model = (end: string) => readFile(join(folder, `model/face_expression_model${end}`));
const [{ weights }] = JSON.parse((await model('-weights_manifest.json')).toString());
const net = nets.faceExpressionNet;
net.loadFromWeightMap(tf.io.decodeWeights(new Uint8Array(await model('.bin')).buffer, weights));

// RGB in 0..255; the network resizes to 112×112 and subtracts the mean itself.
await answer(async ({ images, n, height, width }) => {
  const size = height * width;
  const faces = Array.from({ length: n }, (_, i) => {
    const rgb = Float32Array.from({ length: 3 * size }, (_, j) => images[i * size + Math.floor(j / 3)]);
    return tf.tensor3d(rgb, [height, width, 3]);
  });
  const scores = await net.forward(faces);
  const data = await scores.data();
  for (const tensor of [scores, ...faces]) tensor.dispose();
  return bestOf(data, ORDER);
});
