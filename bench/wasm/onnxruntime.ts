/**
 * onnxruntime, if it is installed. First argument: number of threads. Second: `node` (native) or `web` (WASM, the
 * alternative for a project without native installs). Only inference, of the same networks.
 */
import '@tensorflow/tfjs-backend-cpu';
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { LayersBackbone } from 'fer-backbones';
import { exportOnnx } from 'fer-onnx';
import { answer } from '../contestant.js';
import { NETWORKS, noise } from './networks.js';

/** The part of its API that is used. */
interface OnnxRuntime {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => object;
  readonly env: { readonly wasm: { numThreads?: number } };
}
interface Session {
  run(feeds: Record<string, object>): Promise<Record<string, { data: Float32Array }>>;
  release(): Promise<void>;
}

const [, , threads, kind] = process.argv;
const { InferenceSession, Tensor, env } = createRequire(import.meta.url)(`onnxruntime-${kind}`) as OnnxRuntime;
if (kind === 'web') env.wasm.numThreads = Number(threads);
await tf.setBackend('cpu');

await answer(async ({ what, network, batch }) => {
  const timed = NETWORKS[network];
  if (what !== 'infer' || !timed) return undefined;
  const { build, channels } = timed;
  const backbone = new LayersBackbone(network, build(), { height: 48, width: 48, channels, values: 'scale' });
  const options =
    kind === 'web' ? { executionProviders: ['wasm'] } : { intraOpNumThreads: Number(threads), interOpNumThreads: 1 };
  const session = await InferenceSession.create(await exportOnnx(backbone), options);
  backbone.dispose();
  const pixels = Float32Array.from(noise(batch, channels).images);
  const images = new Tensor('float32', pixels, [batch, 48, 48, channels]);
  return {
    async once() {
      await session.run({ images });
      return batch;
    },
    dispose: () => void session.release(),
  };
});
