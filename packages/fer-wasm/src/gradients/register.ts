import { type GradConfig, getGradient, registerGradient, type Tensor } from '@tensorflow/tfjs-core';
import { currentWorkspace } from '../current.js';
import { arithmeticGradients } from './arithmetic.js';
import { convolutionGradients } from './convolution.js';
import { extremeGradients } from './extreme.js';
import type { OwnGradients } from './gradient.js';
import { poolingGradients } from './pooling.js';
import { resamplingGradients } from './resampling.js';

const own: OwnGradients = {
  ...arithmeticGradients,
  ...convolutionGradients,
  ...extremeGradients,
  ...poolingGradients,
  ...resamplingGradients,
};
/**
 * The tensors to save where ours differ from upstream's. ReLU's output is positive exactly where its input is, so
 * upstream's gradient also works with the output, and the input needn't be kept.
 */
const SAVES: Readonly<Record<string, Partial<GradConfig>>> = { Relu: { inputsToSave: [], outputsToSave: [true] } };

const ours = new Set<GradConfig>();

/**
 * Replaces tfjs' gradients by ours, for kernels whose gradients are registered. Ours only act on the backend that
 * `useWasm` started; on any other backend they call tfjs' own.
 */
export function registerGradients(): void {
  for (const [name, gradient] of Object.entries(own)) {
    const upstream = getGradient(name);
    if (!upstream || ours.has(upstream)) continue;
    const config: GradConfig = {
      ...upstream,
      ...SAVES[name],
      gradFunc: (dy, saved, attrs) => {
        const gradients = currentWorkspace() && gradient({ dy: dy as Tensor, saved, attrs, upstream });
        return gradients ?? upstream.gradFunc(dy, saved, attrs);
      },
    };
    ours.add(config);
    registerGradient(config);
  }
}
