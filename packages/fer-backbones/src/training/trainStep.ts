import * as tf from '@tensorflow/tfjs-core';
import type { Labels } from 'fer-core';
import { forward } from '../network/forward.js';
import { makeTargets } from './batches.js';
import { imageWeights } from './classWeight.js';
import { clip } from './clip.js';
import { distillationLoss, meanLoss } from './losses.js';
import { topScores } from './measure.js';
import type { Settings } from './settings.js';
import type { Trainee, TraineeState } from './traineeState.js';

/** The data of one step. */
export interface Batch {
  readonly labels: Labels;
  /** n × k predictions of the teacher, if there is one. */
  readonly taught?: Float32Array;
  /** Makes the input tensor of the network, or of the part of it that trains. */
  readonly input: () => tf.Tensor;
}

/** Identifies a step. */
export interface StepPlace {
  /** 0-based, over all epochs. */
  readonly index: number;
  readonly learningRate: number;
  /** Seed that decides what dropout drops. */
  readonly seed: number;
  /** Position of the first layer to run. */
  readonly from: number | undefined;
}

/**
 * Takes one step of the optimiser. Returns its loss, and how many images were classified correctly before the update.
 */
export function trainStep(
  trainee: Trainee,
  state: TraineeState,
  settings: Settings,
  { labels, taught, input }: Batch,
  { index, learningRate, seed, from }: StepPlace,
): { loss: number; correct: number } {
  const { optimizer, classWeight, emaDecay, clipNorm, distillation } = settings;
  const shape: [number, number] = [labels.labels.length, labels.classes.length];
  return tf.tidy(() => {
    const x = input();
    const targets = tf.tensor2d(makeTargets(labels, settings.labelSmoothing), shape);
    const weights = classWeight && tf.tensor1d(imageWeights(labels, classWeight));
    const teacher = taught && tf.tensor2d(taught, shape);
    let predicted: ArrayLike<number> = [];
    const { value, grads } = tf.variableGrads(() => {
      const features = forward(trainee.model, x, { training: true, seed, step: index, from }) as tf.Tensor2D;
      const scores = topScores(trainee, features);
      predicted = tf.argMax(scores, 1).dataSync();
      const own = meanLoss(settings.loss, scores, targets, weights);
      return teacher && distillation ? distillationLoss(own, scores, teacher, distillation) : own;
    }, [...state.trained]);
    const gradients = state.trained.map(({ name }) => grads[name]);
    const clipped = clipNorm === undefined ? gradients : clip(gradients, clipNorm);
    for (const [i, weight] of state.trained.entries()) {
      optimizer.update(weight, clipped[i], state.slots[i], { learningRate, step: index });
    }
    if (emaDecay !== undefined) state.average(Math.min(emaDecay, (1 + index) / (10 + index)));
    const correct = labels.labels.reduce((sum, label, i) => sum + Number(predicted[i] === label), 0);
    return { loss: value.dataSync()[0], correct };
  });
}
