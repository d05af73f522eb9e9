import * as tf from '@tensorflow/tfjs-core';
import { breathe, type Dataset } from 'fer-core';
import { dense } from 'fer-wasm';
import { forward } from '../network/forward.js';
import { toTensor } from '../network/preprocessing.js';
import { makeTargets } from './batches.js';
import type { FrozenInputs } from './frozenInputs.js';
import { meanLoss } from './losses.js';
import type { Settings } from './settings.js';
import type { Trainee } from './traineeState.js';

/** Images per pass of inference: enough to use all cores, few enough to need little memory. */
export const INFERENCE_BATCH = 128;

/** Returns the scores of the dense layer for the given features. */
export function topScores({ kernel, bias }: Trainee, features: tf.Tensor2D): tf.Tensor2D {
  return dense(features, { kernel: kernel as unknown as tf.Tensor2D, bias: bias as unknown as tf.Tensor1D });
}

/** Returns the mean loss and the accuracy on a set that is not trained on. */
export async function measure(
  trainee: Trainee,
  data: Dataset,
  settings: Settings,
  frozen: FrozenInputs | undefined,
): Promise<{ loss: number; accuracy: number }> {
  const k = data.classes.length;
  const targets = makeTargets(data, settings.labelSmoothing);
  const sums = { loss: 0, correct: 0 };
  for (let start = 0; start < data.n; start += INFERENCE_BATCH) {
    await breathe(settings.signal);
    const end = Math.min(data.n, start + INFERENCE_BATCH);
    tf.tidy(() => {
      const x = frozen?.validation
        ? tf.tensor(frozen.validation.read(range(start, end)), [end - start, ...frozen.shape])
        : toTensor(data, [start, end], trainee.preprocessing);
      const features = forward(trainee.model, x, { training: false, from: frozen?.position });
      const scores = topScores(trainee, features as tf.Tensor2D);
      const wanted = tf.tensor2d(targets.subarray(start * k, end * k), [end - start, k]);
      sums.loss += meanLoss(settings.loss, scores, wanted).dataSync()[0] * (end - start);
      const predicted = tf.argMax(scores, 1).dataSync();
      for (let i = start; i < end; i++) sums.correct += Number(predicted[i - start] === data.labels[i]);
    });
  }
  return { loss: sums.loss / data.n, accuracy: sums.correct / data.n };
}

function range(start: number, end: number): Uint32Array {
  return Uint32Array.from({ length: end - start }, (_, i) => start + i);
}
