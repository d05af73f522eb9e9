import { pathOf, type Step } from 'fer-backbones';
import { FerError } from 'fer-core';
import type { GraphBuilder } from '../../model/graphBuilder.js';
import type { Value } from '../value.js';

/** Weights of a layer. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Per channel: y = x · scale + offset. A batch normalisation after a layer, to be folded into its weights. */
export interface ChannelAffine {
  readonly scale: Float64Array;
  readonly offset: Float64Array;
}

/** One call of a layer, to be translated to nodes. */
export interface LayerCall {
  readonly graph: GraphBuilder;
  readonly step: Step;
  /** The path of the layer in the network, from which its nodes are named. */
  readonly path: string;
  readonly inputs: readonly Value[];
  /** Sizes of its output, without the batch axis. */
  readonly shape: readonly number[];
  readonly weights: readonly Weight[];
  /** The batch normalisation to fold in; only set for the layers in {@link FOLDING}. */
  readonly folded?: ChannelAffine | undefined;
}

/** Translates a layer to nodes. */
export type Translate = (call: LayerCall) => Value;

/** @throws FerError `UNSUPPORTED`, naming the layer. */
export function refuseLayer(step: Step, why: string): never {
  throw new FerError(
    'UNSUPPORTED',
    `layer ${pathOf(step)} (${step.layer.getClassName()}) can't be exported to ONNX: ${why}.`,
  );
}

/** Height and width of a window or stride, given as one number or two. */
export function pair(value: unknown, whenMissing: number): readonly [number, number] {
  const given = (value ?? whenMissing) as number | readonly number[];
  return typeof given === 'number' ? [given, given] : [given[0], given[1] ?? given[0]];
}

/** Refuses layers whose images have channels first in tfjs-layers. */
export function demandChannelsLast({ step }: LayerCall): void {
  if (step.config.dataFormat === 'channelsFirst') refuseLayer(step, "its dataFormat is 'channelsFirst'");
}

/**
 * TensorFlow's padding of a window, as `pads` of ONNX: top, left, bottom, right. With `same`, an odd amount puts the
 * extra row or column at the bottom or right.
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
 */
export function paddingOf(
  step: Step,
  [height, width]: readonly number[],
  window: readonly [number, number],
  strides: readonly [number, number],
  dilations: readonly [number, number] = [1, 1],
): readonly [number, number, number, number] {
  const { padding } = step.config;
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding !== 'same') refuseLayer(step, `its padding is ${JSON.stringify(padding)}`);
  const sides = [height, width].map((size, i) => {
    const total = Math.max(
      0,
      (Math.ceil(size / strides[i]) - 1) * strides[i] + (window[i] - 1) * dilations[i] + 1 - size,
    );
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
  return [sides[0][0], sides[1][0], sides[0][1], sides[1][1]];
}
