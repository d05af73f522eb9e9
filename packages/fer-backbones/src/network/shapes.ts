import type { layers } from '@tensorflow/tfjs-layers';
import { describeValue, FerError } from 'fer-core';
import type { Plan } from './plan.js';

/** Sizes along each axis, the batch first; `null` for an open size. */
export type Shape = readonly (number | null)[];

/**
 * Returns the shapes of all tensors of a plan, by their numbers, for a given input shape.
 *
 * @throws FerError `INVALID_ARGUMENT`, naming the layer, if it can't take its input, or if its output is empty because
 *   the kernel is larger than the input.
 *
 * @example
 * ```ts
 * const plan = planOf(backbone.model);
 * const shapes = shapesOf(plan, [null, 48, 48, 1]);
 * console.log(shapes[plan.output]); // [ null, 1024 ]
 * ```
 */
export function shapesOf(plan: Plan, input: Shape): readonly Shape[] {
  if (typeof plan !== 'object' || plan === null || !('steps' in plan)) {
    throw new FerError('INVALID_ARGUMENT', `the plan is ${describeValue(plan)}: give planOf(model).`);
  }
  const isSize = (size: unknown) => size === null || (Number.isInteger(size) && (size as number) >= 1);
  if (!Array.isArray(input) || input.length !== 4 || !input.every(isSize)) {
    throw new FerError('INVALID_ARGUMENT', 'the input has no such shape: give [null, height, width, channels].');
  }
  const { steps } = plan;
  const shapes: Shape[] = [input];
  for (const { layer, inputs, outputs } of steps) {
    const taken = inputs.map((tensor) => shapes[tensor]);
    const made = outputShapes(layer, taken);
    outputs.forEach((tensor, i) => {
      shapes[tensor] = made[i];
    });
    const empty = made.find((shape) => shape.some((size, i) => i > 0 && size !== null && !(size >= 1)));
    if (empty) {
      throw new FerError(
        'INVALID_ARGUMENT',
        `layer ${layer.name} (${layer.getClassName()}) takes ${describe(taken[0])} and puts out nothing ` +
          `(${describe(empty)}): its window is larger than what it looks at. Use fewer or smaller layers, 'same' ` +
          'padding, or larger images.',
      );
    }
  }
  return shapes;
}

function outputShapes(layer: layers.Layer, taken: readonly Shape[]): readonly Shape[] {
  if (layer.getClassName() === 'InputLayer') return taken;
  const shapes = taken.map((shape) => [...shape]);
  try {
    const made = layer.computeOutputShape(shapes.length === 1 ? shapes[0] : shapes);
    return (Array.isArray(made[0]) ? made : [made]) as readonly Shape[];
  } catch (cause) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `layer ${layer.name} (${layer.getClassName()}) can't take ${taken.map(describe).join(' and ')}: ` +
        `${(cause as Error).message}`,
      {},
      { cause },
    );
  }
}

/** The sizes of one image's values: `48×48×1`. */
export function describe(shape: Shape): string {
  return shape
    .slice(1)
    .map((size) => size ?? 'any')
    .join('×');
}
