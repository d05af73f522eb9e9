import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { FerError } from 'fer-core';
import { runLayer } from './layerOps.js';
import { carriedAt, hasTrainedWeights, heldAt, isTrainable, type Plan, planOf } from './plan.js';

/** How a pass through a network is made. */
export interface Pass {
  /** Whether dropout drops and batch normalisation uses, and remembers, the batch's own statistics. */
  readonly training: boolean;
  /** Whole number that, with the layer's position, decides what dropout drops. */
  readonly seed?: number;
  /** How many training passes came before. @default many */
  readonly step?: number;
  /** Position of the first step to run; the input is then what it takes. @default the first */
  readonly from?: number;
  /** Position of the step to stop before. @default after the last */
  readonly until?: number;
  /** Whether the gradient of the input is wanted, not only that of the weights. @default false */
  readonly inputGradient?: boolean;
}

/** The tensors that a pass holds between two steps, by their numbers in the plan. */
export type Held = ReadonlyMap<number, tf.Tensor>;

/**
 * Runs a network step by step, one fused op a layer where there is one: what `model.predict` and the training pass of
 * tfjs-layers compute, to rounding. Other layers, and those configured otherwise, run as tfjs-layers runs them.
 *
 * @throws FerError `INVALID_ARGUMENT` where `from` or `until` lies where several tensors are needed to go on;
 *   `UNSUPPORTED`, naming the layer, where one can't run on this backend.
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
 * Runs the steps of a plan from the tensors held before the first of them.
 *
 * @returns The tensors held after the last of them. In inference the others are freed on the way.
 */
export function runSteps(plan: Plan, given: Held, pass: Pass): Held {
  const { from = 0, until = plan.steps.length, training, inputGradient = false } = pass;
  const keepsAll = training || inputGradient;
  const held = new Map(given);
  const own = new Set(given.values());
  // Those whose gradient is wanted.
  const wanted = new Set(inputGradient ? given.keys() : []);
  for (let position = from; position < until; position++) {
    const step = plan.steps[position];
    const inputs = step.inputs.map((tensor) => held.get(tensor)!);
    const below = step.inputs.some((tensor) => wanted.has(tensor));
    // Frozen layers run as in inference: neither their weights nor what they remember change, and they drop nothing.
    const how = isTrainable(step) ? pass : { training: false };
    const outputs = runLayer(step, inputs, how, position, below && keepsAll);
    step.outputs.forEach((tensor, i) => {
      held.set(tensor, outputs[i]);
      if (below || hasTrainedWeights(step)) wanted.add(tensor);
    });
    for (const tensor of step.inputs) {
      if (plan.lastUse[tensor] > position) continue;
      const value = held.get(tensor);
      held.delete(tensor);
      // A layer may put out the tensor that it took.
      const free = value && !keepsAll && !own.has(value) && ![...held.values()].includes(value);
      if (free) value.dispose();
    }
  }
  return new Map(heldAt(plan, until).map((tensor) => [tensor, held.get(tensor)!]));
}
