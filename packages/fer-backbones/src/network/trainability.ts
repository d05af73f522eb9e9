import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { FerError, isFerError } from 'fer-core';
import { runLayer } from './layerOps.js';
import { hasTrainedWeights, isTrainable, type Plan, planOf, type Step } from './plan.js';
import type { Preprocessing } from './preprocessing.js';
import { type Shape, shapesOf } from './shapes.js';

/** The tfjs kernels that the gradients of layers need in addition to elementwise and matrix operations. */
const GRADIENT_KERNELS: Readonly<Record<string, readonly string[]>> = {
  Conv2D: ['Conv2DBackpropFilter', 'Conv2DBackpropInput'],
  DepthwiseConv2D: ['DepthwiseConv2dNativeBackpropFilter', 'DepthwiseConv2dNativeBackpropInput'],
  SeparableConv2D: [
    'DepthwiseConv2dNativeBackpropFilter',
    'DepthwiseConv2dNativeBackpropInput',
    'Conv2DBackpropFilter',
    'Conv2DBackpropInput',
  ],
  MaxPooling2D: ['MaxPoolGrad'],
  GlobalMaxPooling2D: ['MaxPoolGrad'],
  AveragePooling2D: ['AvgPoolGrad'],
};

/** Layers that are known to have gradients. For any other layer, the check computes a gradient to find out. */
const DIFFERENTIABLE = new Set([
  ...Object.keys(GRADIENT_KERNELS),
  ...['InputLayer', 'Dense', 'Flatten', 'Reshape', 'Permute', 'RepeatVector'],
  ...['Activation', 'ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'ThresholdedReLU', 'Softmax'],
  ...['Dropout', 'SpatialDropout1D', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout'],
  ...['BatchNormalization', 'LayerNormalization', 'Rescaling'],
  ...['Add', 'Average', 'Multiply', 'Maximum', 'Minimum', 'Concatenate', 'Dot'],
  ...['ZeroPadding2D', 'Cropping2D', 'UpSampling2D', 'GlobalAveragePooling2D'],
]);

/** Layers that our pass can't run as tfjs-layers does, with the reason. */
const REFUSED: Readonly<Record<string, string>> = {
  Masking: 'masks the layers after it, which images have no use for',
  Embedding: 'takes indices, not numbers',
  CategoryEncoding: 'takes indices, not numbers',
  RandomWidth: "changes images at random, which no seed controls: use fit's augmentation",
};

/**
 * Checks the layers of a network that is to become a backbone.
 *
 * @throws FerError `UNSUPPORTED`, naming the layer, for one that can't be trained on any backend.
 */
export function checkLayers(plan: Plan, shapes: readonly Shape[]): void {
  for (const step of plan.steps) {
    const { layer, config, inputs } = step;
    const kind = layer.getClassName();
    const rank = shapes[inputs[0]].length;
    if (kind in REFUSED) refuse(step, REFUSED[kind]);
    if (layer.stateful) refuse(step, 'keeps a state from one batch to the next');
    if (kind === 'BatchNormalization' && config.axis !== -1 && config.axis !== rank - 1) {
      refuse(step, `normalises axis ${config.axis}: only the last is supported`);
    }
    if (config.activation === 'gelu_new') {
      refuse(step, "has the activation 'gelu_new', which tfjs-layers saves and can't load: use 'gelu'");
    }
  }
  // Another backend may have what this one lacks, but a layer without a gradient can't be trained on any.
  probe(
    plan,
    shapes,
    (step) => !DIFFERENTIABLE.has(step.layer.getClassName()),
    (message) => !isMissing(message),
  );
}

/**
 * Checks, before `fit` changes anything, that the current backend can compute all gradients that training needs.
 *
 * @throws FerError `UNSUPPORTED`, naming the first layer that it can't train.
 */
export function checkTrainable(model: LayersModel, { height, width, channels }: Preprocessing): void {
  const plan = planOf(model);
  const backend = tf.getBackend();
  const passing = passingGradients(plan);
  for (const step of passing) {
    const kind = step.layer.getClassName();
    const missing = GRADIENT_KERNELS[kind]?.find((name) => tf.getKernel(name, backend) === undefined);
    if (missing) {
      throw new FerError(
        'UNSUPPORTED',
        `layer ${step.layer.name} (${kind}) can't be trained on the backend "${backend}", which has no ${missing}: ` +
          'call useWasm() of fer-wasm first, or choose another backend.',
      );
    }
  }
  const unknown = (step: Step) => passing.has(step) && !DIFFERENTIABLE.has(step.layer.getClassName());
  probe(plan, shapesOf(plan, [null, height, width, channels]), unknown, () => true);
}

/** The steps that gradients pass through in training: those that train, and those after them. */
function passingGradients({ steps }: Plan): ReadonlySet<Step> {
  const reached = new Set<number>();
  const passing = new Set<Step>();
  for (const step of steps) {
    if (!hasTrainedWeights(step) && !step.inputs.some((tensor) => reached.has(tensor))) continue;
    passing.add(step);
    for (const tensor of step.outputs) reached.add(tensor);
  }
  return passing;
}

/** Computes the gradient of some layers for one image of zeros. */
function probe(
  { steps }: Plan,
  shapes: readonly Shape[],
  isProbed: (step: Step) => boolean,
  counts: (message: string) => boolean,
): void {
  for (const [position, step] of steps.entries()) {
    if (!isProbed(step)) continue;
    const reason = tf.tidy(() => gradientFault(step, shapes, position));
    if (reason !== undefined && counts(reason)) refuse(step, `has no gradient (${reason})`);
  }
}

function gradientFault(step: Step, shapes: readonly Shape[], position: number): string | undefined {
  const inputs = step.inputs.map((tensor) => tf.zeros([1, ...(shapes[tensor].slice(1) as number[])]));
  const weights = isTrainable(step) ? step.layer.trainableWeights.map((weight) => weight.read()) : [];
  try {
    const all = [...inputs, ...weights];
    const { grads } = tf.engine().gradients(
      () => {
        const outputs = runLayer(step, inputs, { training: false }, position, true);
        return tf.addN(outputs.map((output) => tf.sum(output)));
      },
      all,
      undefined,
      true,
    );
    const without = all.findIndex((_, i) => !grads[i]);
    if (without < 0) return undefined;
    const name = step.layer.trainableWeights[without - inputs.length]?.originalName;
    return name ? `none reaches its weight ${name}` : 'none reaches what it takes';
  } catch (error) {
    // tfjs only frees the tensors that a tape saved if its gradients succeed.
    for (const { saved } of tf.engine().state.activeTape ?? []) tf.dispose(saved);
    return isFerError(error) && error.cause instanceof Error ? error.cause.message : (error as Error).message;
  }
}

function isMissing(message: string): boolean {
  return /not registered|not (yet )?implemented/i.test(message);
}

function refuse({ layer }: Step, why: string): never {
  throw new FerError(
    'UNSUPPORTED',
    `layer ${layer.name} (${layer.getClassName()}) ${why}. Replace it to make the network a backbone.`,
  );
}
