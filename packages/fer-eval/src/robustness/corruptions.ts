import { gaussianBlur } from './blur.js';
import type { Corruption } from './corruption.js';
import { rotation, shift } from './geometry.js';
import { jpegLoss } from './jpeg.js';
import { gaussianNoise, lowLight } from './noise.js';
import { occlusion } from './occlusion.js';

/**
 * Seven corruptions at five strengths, after Hendrycks & Dietterich, "Benchmarking Neural Network Robustness to Common
 * Corruptions and Perturbations" (2019), with additions for faces: tilt, shift and occlusion. The levels of JPEG are
 * from that paper. The other levels are ours, because the paper's are for photographs of 224 pixels.
 *
 * @example
 * ```ts
 * const corruptions = CORRUPTIONS.filter(({ name }) => name === 'blur' || name === 'occlusion');
 * const { meanCorruptionAccuracy } = await robustness(classifier, publicTest, { corruptions });
 * ```
 */
export const CORRUPTIONS: readonly Corruption[] = [
  { name: 'blur', parameter: 'σ, of the side', levels: [0.01, 0.0175, 0.025, 0.0375, 0.05], apply: gaussianBlur },
  { name: 'noise', parameter: 'σ, of white', levels: [0.04, 0.08, 0.12, 0.18, 0.26], apply: gaussianNoise },
  { name: 'JPEG', parameter: 'quality', levels: [25, 18, 15, 10, 7], apply: jpegLoss },
  { name: 'low light', parameter: 'light left', levels: [0.6, 0.4, 0.25, 0.15, 0.08], apply: lowLight },
  { name: 'rotation', parameter: 'degrees', levels: [5, 10, 15, 22, 30], apply: rotation },
  { name: 'shift', parameter: 'of the side', levels: [0.04, 0.08, 0.12, 0.17, 0.22], apply: shift },
  { name: 'occlusion', parameter: 'side, of the side', levels: [0.15, 0.25, 0.35, 0.45, 0.55], apply: occlusion },
];
