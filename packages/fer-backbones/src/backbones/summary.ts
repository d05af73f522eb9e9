import { describeValue, FerError } from 'fer-core';
import { type Plan, pathOf, planOf, type Step } from '../network/plan.js';
import { type Shape, shapesOf } from '../network/shapes.js';
import { LayersBackbone } from './layersBackbone.js';

/**
 * Returns a table of the layers, as Keras' `summary` does: name and type, output shape (with an open batch size) and
 * number of parameters of each layer, then the totals. For a graph it also lists the inputs of each layer. Nested
 * models are shown layer by layer. The dense layer that training adds is not included.
 * @example
 * ```ts
 * console.log(summary(shallowCnn()));
 * ```
 */
export function summary(backbone: LayersBackbone): string {
  if (!(backbone instanceof LayersBackbone)) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the backbone is ${describeValue(backbone)}: give one such as shallowCnn() returns.`,
    );
  }
  const { architecture, model, preprocessing } = backbone;
  const plan = planOf(model);
  const { height, width, channels } = preprocessing;
  const shapes = shapesOf(plan, [null, height, width, channels]);
  const names = namesOf(plan);
  const graph = isGraph(plan);
  const listed = plan.steps.filter((step, i) => plan.steps.findIndex(({ layer }) => layer === step.layer) === i);
  const rows = listed.map(({ layer, outputs }) => [
    `${names.get(layer)} (${layer.getClassName()})`,
    outputs.map((tensor) => brackets(shapes[tensor])).join(', '),
    number(layer.countParams()),
    ...(graph ? [connections(plan, layer, names)] : []),
  ]);
  const head = ['Layer (type)', 'Output shape', 'Param #', ...(graph ? ['Connected to'] : [])];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => text.padEnd(widths[i]))
      .join('  ')
      .trimEnd();
  const rule = widths.reduce((sum, w) => sum + w + 2, -2);
  const trainable = countWeights(model.layers.flatMap((layer) => layer.trainableWeights));
  const total = model.countParams();
  return [
    `Model: "${architecture}"`,
    '_'.repeat(rule),
    line(head),
    '='.repeat(rule),
    ...rows.map(line),
    '='.repeat(rule),
    `Total params: ${number(total)}`,
    `Trainable params: ${number(trainable)}`,
    `Non-trainable params: ${number(total - trainable)}`,
  ].join('\n');
}

type Names = ReadonlyMap<Step['layer'], string>;

/** Each layer's own name, or its path if another layer has the same name. */
function namesOf({ steps }: Plan): Names {
  const paths = new Map(steps.map((step) => [step.layer, pathOf(step)]));
  const own = [...paths.keys()].map(({ name }) => name);
  const isUnique = (name: string) => own.indexOf(name) === own.lastIndexOf(name);
  return new Map([...paths].map(([layer, path]) => [layer, isUnique(layer.name) ? layer.name : path]));
}

/** Whether any layer has an input other than the output of the layer before it. */
function isGraph({ steps }: Plan): boolean {
  return steps.some(({ inputs }, i) => inputs.length !== 1 || (i > 0 && inputs[0] !== steps[i - 1].outputs[0]));
}

/** The layers that feed a layer; for a shared layer, those of all its calls. */
function connections({ steps }: Plan, layer: Step['layer'], names: Names): string {
  const taken = steps.filter((step) => step.layer === layer).flatMap(({ inputs }) => inputs);
  const makers = taken.map((tensor) => steps.find(({ outputs }) => outputs.includes(tensor))?.layer);
  return makers.map((maker) => (maker && names.get(maker)) ?? '').join(', ');
}

function brackets(shape: Shape): string {
  return `(${shape.map((size) => size ?? 'None').join(', ')})`;
}

function countWeights(weights: readonly { readonly shape: readonly (number | null)[] }[]): number {
  return weights.reduce((sum, { shape }) => sum + shape.reduce<number>((size, n) => size * (n ?? 1), 1), 0);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
