import type { LinearLayer } from 'fer-core';

/** A layer whose logits are the scaled and shifted logits of another layer. `numbers`: a scale and a shift per class. */
export function scaleLayer(
  { weights, bias, classes }: LinearLayer,
  numbers: readonly (readonly [scale: number, shift: number])[],
): LinearLayer {
  const { data, rows, columns } = weights;
  return {
    weights: { data: data.map((value, i) => value * numbers[i % columns][0]), rows, columns },
    bias: bias.map((value, c) => value * numbers[c][0] + numbers[c][1]),
    classes,
  };
}
