/**
 * onnxruntime, where it is installed. First argument: threads. Second: `node` (native) or `web` (WASM, what a project
 * without native installs would take). Inference alone, of the same networks.
 */
import '@tensorflow/tfjs-backend-cpu';
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { answer } from '../contestant.js';
import { CHAINS } from './networks.js';
import { onnxModel } from './onnxModel.js';

/** What of its API we use. */
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
  const timed = CHAINS[network];
  if (what !== 'infer' || !timed) return undefined;
  const { build, channels } = timed;
  const model = build();
  const options =
    kind === 'web' ? { executionProviders: ['wasm'] } : { intraOpNumThreads: Number(threads), interOpNumThreads: 1 };
  const session = await InferenceSession.create(onnxModel(model, batch), options);
  model.dispose();
  const shape = [batch, channels, 48, 48];
  const x = new Tensor('float32', new Float32Array(batch * channels * 48 * 48).fill(0.5), shape);
  return {
    async once() {
      await session.run({ x });
      return batch;
    },
    dispose: () => void session.release(),
  };
});
