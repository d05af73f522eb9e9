import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { FerError } from 'fer-core';
import { windowMeans } from 'fer-wasm';
import { fusedStepsOf } from './fusedSteps.js';
import { runLayer } from './layerOps.js';
import { carriedAt, hasTrainedWeights, heldAt, isTrainable, type Plan, planOf } from './plan.js';

/** Options of a pass through a network. */
export interface Pass {
  /**
   * Whether to train: dropout drops values, and batch normalisation uses the batch's statistics and updates its
   * averages.
   */
  readonly training: boolean;
  /** Seed that, together with the layer's position, decides what dropout drops. */
  readonly seed?: number;
  /** Number of training passes before this one. @default many */
  readonly step?: number;
  /** Position of the first step to run; the input is then the input of that step. @default the first */
  readonly from?: number;
  /** Position of the step to stop before. @default after the last */
  readonly until?: number;
  /** Whether to compute the gradient of the input as well as that of the weights. @default false */
  readonly inputGradient?: boolean;
}

/** The tensors that are alive between two steps, by their numbers in the plan. */
export type Held = ReadonlyMap<number, tf.Tensor>;

/**
 * Runs a network step by step, with one fused op per layer if there is one. The result is that of `model.predict`, or
 * of the training pass of tfjs-layers, up to rounding. Other layers and configurations run as in tfjs-layers.
 *
 * @throws FerError `INVALID_ARGUMENT` if several tensors are alive at `from` or `until`; `UNSUPPORTED`, naming the
 *   layer, if it can't run on this backend.
 */
export function forward(model: LayersModel, input: tf.Tensor, pass: Pass): tf.Tensor {
  const plan = planOf(model);
  const { from = 0, until = plan.steps.length } = pass;
  const held = runSteps(plan, new Map([[crossing(plan, from), input]]), pass);
  return held.get(crossing(plan, until))!;
}

function crossing(plan: Plan, position: number): number {
  const tensor = carriedAt(plan, position);
  if (tensor !== undefined) return tensor;
  const { name } = plan.steps[position].layer;
  throw new FerError('INVALID_ARGUMENT', `the network can't be cut before ${name}: several tensors pass there.`);
}

/**
 * Runs the steps of a plan from the tensors that are alive before the first of them.
 *
 * @returns The tensors that are alive after the last step. In inference, all others are freed on the way.
 */
export function runSteps(plan: Plan, given: Held, pass: Pass): Held {
  const { from = 0, until = plan.steps.length, training, inputGradient = false } = pass;
  const keepsAll = training || inputGradient;
  const held = new Map(given);
  const own = new Set(given.values());
  // The tensors whose gradient is needed.
  const wanted = new Set(inputGradient ? given.keys() : []);
  const fused = fusedStepsOf(plan);
  for (let position = from; position < until; position++) {
    const step = plan.steps[position];
    const inputs = step.inputs.map((tensor) => held.get(tensor)!);
    const below = step.inputs.some((tensor) => wanted.has(tensor));
    const together = fused.get(position);
    let made = step.outputs;
    let outputs: readonly tf.Tensor[];
    if (together && together.last < until) {
      position = together.last;
      made = plan.steps[position].outputs;
      outputs = [windowMeans(inputs[0] as tf.Tensor4D, together.window)];
    } else {
      // Frozen layers run as in inference: their weights and moving averages don't change, and they drop nothing.
      const how = isTrainable(step) ? pass : { training: false };
      outputs = runLayer(step, inputs, how, position, below && keepsAll);
    }
    made.forEach((tensor, i) => {
      held.set(tensor, outputs[i]);
      if (below || hasTrainedWeights(step)) wanted.add(tensor);
    });
    for (const tensor of step.inputs) {
      if (plan.lastUse[tensor] > position) continue;
      const value = held.get(tensor);
      held.delete(tensor);
      // A layer may return its input tensor.
      const free = value && !keepsAll && !own.has(value) && ![...held.values()].includes(value);
      if (free) value.dispose();
    }
  }
  return new Map(heldAt(plan, until).map((tensor) => [tensor, held.get(tensor)!]));
}
