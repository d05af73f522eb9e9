import { shallowCnn } from '../../src/index.js';
import { patches } from '../data.js';

/**
 * The losses of ShallowCNN's first twenty training steps on the current backend: two images a step, one epoch. Each is
 * the step's own loss: progress tells the mean over the epoch so far, from which it follows as all batches are alike.
 * The rate is low enough for RMSprop's first steps, whose size knows only the gradients' signs, not to amplify rounding.
 */
export async function shallowCnnSteps(): Promise<number[]> {
  const backbone = shallowCnn({ seed: 1 });
  const means: number[] = [];
  await backbone.fit(patches(40, 48), {
    ...{ epochs: 1, batchSize: 2, learningRate: 3e-5, seed: 2 },
    onProgress: (event) => void (event.kind === 'step' && means.push(event.loss)),
  });
  backbone.dispose();
  return means.map((mean, i) => (i === 0 ? mean : (i + 1) * mean - i * means[i - 1]));
}
