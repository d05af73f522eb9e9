import { checkPreprocessing, type Preprocessing } from 'fer-backbones';
import { checkChoice, FerError } from 'fer-core';
import { NAMES, PRODUCER } from '../export/exportOnnx.js';
import type { ModelDescription, ModelValue } from '../model/inspectModel.js';
import { FLOAT } from '../model/schema.js';

/** The order of an input's axes: channels last, or channels first as in PyTorch. */
export type Layout = 'NHWC' | 'NCHW';

/** The form of a model's image input. */
export interface InputForm {
  readonly name: string;
  readonly preprocessing: Preprocessing;
  readonly layout: Layout;
  /** Batch size; undefined if it can be any number. */
  readonly batch: number | undefined;
}

/**
 * Determines the form of a model's image input.
 *
 * @param given - The caller's options.
 * @throws FerError `UNSUPPORTED` if the model doesn't take one batch of images as floats; `INVALID_ARGUMENT` if the
 *   options don't fit the model, or one is missing.
 */
export function inputFormOf(
  { inputs, producer }: ModelDescription,
  given: { readonly preprocessing?: Preprocessing | undefined; readonly layout?: Layout | undefined },
  file: string,
): InputForm {
  const [input] = inputs;
  if (inputs.length !== 1) {
    const names = inputs.map(({ name }) => name).join(', ');
    throw new FerError('UNSUPPORTED', `the model has the inputs [${names}]: a backbone has one, of images.`, { file });
  }
  if (input.dims?.length !== 4 || input.type !== FLOAT) {
    throw new FerError(
      'UNSUPPORTED',
      `the input ${describe(input)} isn't a float32 batch of images, with four axes: export the model with one.`,
      { file },
    );
  }
  const preprocessing = given.preprocessing === undefined ? ownPreprocessing(producer, input) : given.preprocessing;
  if (preprocessing === undefined) {
    throw new FerError(
      'INVALID_ARGUMENT',
      "the preprocessing is missing, and the file doesn't tell it: give what the network was trained with, e.g. " +
        "{ height: 224, width: 224, channels: 3, values: 'scale' }.",
      { file },
    );
  }
  checkPreprocessing(preprocessing);
  if (given.layout !== undefined) checkChoice('layout', given.layout, ['NHWC', 'NCHW']);
  const layouts = (['NCHW', 'NHWC'] as const).filter((layout) => fits(input, sizesOf(preprocessing, layout)));
  const layout = given.layout === undefined ? layouts[0] : layouts.find((one) => one === given.layout);
  if (!layout) {
    const { height, width, channels } = preprocessing;
    throw new FerError(
      'INVALID_ARGUMENT',
      `the input ${describe(input)} doesn't take images of ${height}×${width}×${channels}` +
        `${given.layout ? ` as ${given.layout}` : ''}: change the preprocessing.`,
      { file },
    );
  }
  const [batch] = input.dims;
  return { name: input.name, preprocessing, layout, batch: typeof batch === 'number' ? batch : undefined };
}

/** Models written by this package take pixels. */
function ownPreprocessing(producer: string | undefined, { name, dims }: ModelValue): Preprocessing | undefined {
  const [, height, width, channels] = dims ?? [];
  if (producer !== PRODUCER || name !== NAMES.images) return undefined;
  if (typeof height !== 'number' || typeof width !== 'number' || typeof channels !== 'number') return undefined;
  return { height, width, channels, values: { scale: 1 } };
}

function sizesOf({ height, width, channels }: Preprocessing, layout: Layout): readonly number[] {
  return layout === 'NHWC' ? [height, width, channels] : [channels, height, width];
}

function fits({ dims }: ModelValue, sizes: readonly number[]): boolean {
  return sizes.every((size, i) => {
    const dim = dims?.[i + 1];
    return typeof dim !== 'number' || dim === size;
  });
}

function describe({ name, dims, type }: ModelValue): string {
  const shape = dims ? `[${dims.map((dim) => dim ?? '?').join(', ')}]` : 'of unknown shape';
  return `"${name}" ${shape}${type === FLOAT || type === undefined ? '' : ` (type ${type})`}`;
}
