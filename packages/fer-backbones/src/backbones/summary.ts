import type { layers } from '@tensorflow/tfjs-layers';
import type { LayersBackbone } from './layersBackbone.js';

/**
 * The table of layers that people know from Keras: of each its name and type, its output's shape (the images of a batch
 * left open), and its number of parameters; then the totals. The dense layer that training puts on top is not in it.
 *
 * @example
 * ```ts
 * console.log(summary(shallowCnn()));
 * ```
 */
export function summary({ architecture, model }: LayersBackbone): string {
  const rows = model.layers.map((layer) => [
    `${layer.name} (${layer.getClassName()})`,
    `(${outputShape(layer)
      .map((size) => size ?? 'None')
      .join(', ')})`,
    number(layer.countParams()),
  ]);
  const head = ['Layer (type)', 'Output shape', 'Param #'];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => text.padEnd(widths[i]))
      .join('  ')
      .trimEnd();
  const width = widths.reduce((sum, w) => sum + w + 2, -2);
  const trainable = countWeights(model.layers.flatMap((layer) => layer.trainableWeights));
  const total = model.countParams();
  return [
    `Model: "${architecture}"`,
    '_'.repeat(width),
    line(head),
    '='.repeat(width),
    ...rows.map(line),
    '='.repeat(width),
    `Total params: ${number(total)}`,
    `Trainable params: ${number(trainable)}`,
    `Non-trainable params: ${number(total - trainable)}`,
  ].join('\n');
}

function countWeights(weights: readonly { readonly shape: readonly (number | null)[] }[]): number {
  return weights.reduce((sum, { shape }) => sum + shape.reduce<number>((size, n) => size * (n ?? 1), 1), 0);
}

/** A Sequential's layers have one input and one output each. */
function outputShape(layer: layers.Layer): readonly (number | null)[] {
  return layer.outputShape as readonly (number | null)[];
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
