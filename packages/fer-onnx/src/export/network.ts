import { type Plan, pathOf, planOf, type Shape, type Step, shapesOf } from 'fer-backbones';
import type { GraphBuilder } from '../model/graphBuilder.js';
import { type ChannelAffine, refuseLayer, type Weight } from './layers/call.js';
import { FOLDING, LAYERS } from './layers/layers.js';
import { batchNormAffine } from './layers/normalisations.js';
import type { Value } from './value.js';

type LayersModel = Parameters<typeof planOf>[0];
type Layer = Step['layer'];

/**
 * Adds the nodes of a network.
 *
 * @param path - Prefix of the layers' names.
 * @returns The network's output.
 * @throws FerError `UNSUPPORTED`, naming the layer, if it can't be translated.
 */
export async function exportNetwork(
  graph: GraphBuilder,
  path: string,
  model: LayersModel,
  input: Value,
): Promise<Value> {
  const plan = planOf(model);
  for (const step of plan.steps) {
    if (!LAYERS.has(step.layer.getClassName())) refuseLayer(step, 'there is no translation of this kind of layer');
  }
  const weights = await weightsOf(plan);
  const shapes = shapesOf(plan, [null, ...input.shape]);
  const made = new Map<number, Value>([[0, input]]);
  const normalisations = foldable(plan);
  for (const step of plan.steps) {
    const inputs = step.inputs.map((tensor) => made.get(tensor)!);
    const own = { step, weights: weights.get(step.layer)! };
    if (normalisations.folded.has(step)) {
      made.set(step.outputs[0], inputs[0]);
      continue;
    }
    const behind = normalisations.behind.get(step);
    const folded: ChannelAffine | undefined =
      behind && batchNormAffine({ step: behind, weights: weights.get(behind.layer)! });
    const translate = LAYERS.get(step.layer.getClassName())!;
    const shape = sizesOf(step, shapes[step.outputs[0]]);
    made.set(step.outputs[0], translate({ ...own, graph, path: `${path}${pathOf(step)}`, inputs, shape, folded }));
  }
  return made.get(plan.output)!;
}

function sizesOf(step: Step, shape: Shape): readonly number[] {
  const sizes = shape.slice(1);
  if (sizes.some((size) => size === null)) refuseLayer(step, 'the sizes of its output are not fixed');
  return sizes as number[];
}

async function weightsOf({ steps }: Plan): Promise<ReadonlyMap<Layer, readonly Weight[]>> {
  const weights = new Map<Layer, readonly Weight[]>();
  for (const { layer } of steps) {
    if (weights.has(layer)) continue;
    const tensors = layer.getWeights();
    const data = await Promise.all(tensors.map((tensor) => tensor.data()));
    weights.set(
      layer,
      tensors.map(({ shape }, i) => ({ shape, data: data[i] as Float32Array })),
    );
  }
  return weights;
}

/**
 * The batch normalisations that can be folded into the preceding layer: that layer has no activation and its output is
 * used nowhere else, so both together compute the same function.
 */
function foldable({ steps, output }: Plan): { folded: ReadonlySet<Step>; behind: ReadonlyMap<Step, Step> } {
  const folded = new Set<Step>();
  const behind = new Map<Step, Step>();
  for (const step of steps) {
    const [tensor] = step.outputs;
    const { activation = 'linear' } = step.config;
    if (!FOLDING.has(step.layer.getClassName()) || activation !== 'linear' || tensor === output) continue;
    const takers = steps.filter(({ inputs }) => inputs.includes(tensor));
    if (takers.length !== 1 || takers[0].layer.getClassName() !== 'BatchNormalization') continue;
    behind.set(step, takers[0]);
    folded.add(takers[0]);
  }
  return { folded, behind };
}
