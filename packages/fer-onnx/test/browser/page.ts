/**
 * The script of the page in browser.test.ts: runs an exported classifier and an exported backbone in onnxruntime-web.
 */
import { syntheticFaces } from 'fer-data';
import { loadPretrained } from 'fer-models';
import { useWasm } from 'fer-wasm';
import * as ort from 'onnxruntime-web/wasm';
import { exportOnnx, onnxBackbone } from '../../src/index.js';
import { largestDifference } from '../difference.js';

async function run(): Promise<object> {
  await useWasm();
  ort.env.wasm.wasmPaths = { wasm: '/ort-wasm-simd-threaded.wasm' };
  ort.env.wasm.numThreads = 1;
  const classifier = await loadPretrained('tiny-vgg/softmax');
  const faces = syntheticFaces({ n: 50, seed: 'fer-models' });
  const model = await exportOnnx(classifier);
  const session = await ort.InferenceSession.create(model);
  const images = new ort.Tensor('float32', Float32Array.from(faces.images), [50, 48, 48, 1]);
  const { scores, probabilities } = await session.run({ images });
  await session.release();
  const own = await classifier.decisionFunction(faces);
  const ownProbabilities = await classifier.predictProba(faces);
  const backbone = await onnxBackbone(await exportOnnx(classifier.backbone), { runtime: ort });
  const features = await backbone.transform(faces);
  const ownFeatures = await classifier.backbone.transform(faces);
  backbone.dispose();
  return {
    scores: largestDifference(scores.data as Float32Array, own.data),
    probabilities: largestDifference(probabilities.data as Float32Array, ownProbabilities.data),
    features: largestDifference(features.data, ownFeatures.data),
  };
}

run()
  .catch((error) => ({ error: String(error?.stack ?? error) }))
  .then((result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) }));
