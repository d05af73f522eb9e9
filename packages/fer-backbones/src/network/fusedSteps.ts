import type { Plan, Step } from './plan.js';

/** Steps that run as one op. */
export interface FusedSteps {
  /** Position of the last of them. */
  readonly last: number;
  /** Height and width of the window whose means they compute. */
  readonly window: number;
}

const known = new WeakMap<Plan, ReadonlyMap<number, FusedSteps>>();

/**
 * Returns the steps of a plan that run as one op, by the position of the first of them: the padding, croppings, global
 * averages and concatenation that make {@link windowMeans}, as mini-XCEPTION ends.
 */
export function fusedStepsOf(plan: Plan): ReadonlyMap<number, FusedSteps> {
  let fused = known.get(plan);
  if (!fused) {
    fused = new Map(plan.steps.flatMap((_, last) => windowMeansUntil(plan, last)));
    known.set(plan, fused);
  }
  return fused;
}

function windowMeansUntil({ steps }: Plan, last: number): [number, FusedSteps][] {
  const end = steps[last];
  const window = Math.sqrt(end.inputs.length);
  const first = last - 2 * end.inputs.length - 1;
  if (!isA(end, 'Concatenate', { axis: [-1, 1] }) || window % 2 !== 1 || first < 0) return [];
  const padding = steps[first];
  const pad = (window - 1) / 2;
  if (!isA(padding, 'ZeroPadding2D') || !sameNumbers(padding.config.padding, [pad, pad, pad, pad])) return [];
  const inner = steps.slice(first + 1, last);
  const makerOf = (tensor: number) => inner.find(({ outputs }) => outputs[0] === tensor);
  const fits = end.inputs.every((tensor, place) => {
    const mean = makerOf(tensor);
    const crop = mean && isA(mean, 'GlobalAveragePooling2D') ? makerOf(mean.inputs[0]) : undefined;
    if (!crop || !isA(crop, 'Cropping2D') || crop.inputs[0] !== padding.outputs[0]) return false;
    const [down, right] = [Math.floor(place / window), place % window];
    return sameNumbers(crop.config.cropping, [down, window - 1 - down, right, window - 1 - right]);
  });
  // Each step between is one of these croppings or averages, so none of their outputs may be used elsewhere.
  const used = new Set(inner.flatMap(({ outputs }) => outputs).concat(padding.outputs));
  const elsewhere = steps.some(
    ({ inputs }, i) => (i <= first || i > last) && inputs.some((tensor) => used.has(tensor)),
  );
  return fits && !elsewhere && new Set(end.inputs).size === end.inputs.length ? [[first, { last, window }]] : [];
}

function isA({ layer, config }: Step, kind: string, { axis }: { readonly axis?: readonly number[] } = {}): boolean {
  if (layer.getClassName() !== kind || config.dataFormat === 'channelsFirst') return false;
  return !axis || axis.includes(config.axis as number);
}

function sameNumbers(nested: unknown, numbers: readonly number[]): boolean {
  return [nested].flat(2).join() === numbers.join();
}
