import { layers } from '@tensorflow/tfjs-layers';
import { FerError } from 'fer-core';

/** Keras' activations that tfjs-layers computes in the same way, with tfjs' names. */
const SAME: Readonly<Record<string, string>> = {
  elu: 'elu',
  gelu: 'gelu',
  linear: 'linear',
  log_softmax: 'logSoftmax',
  mish: 'mish',
  relu: 'relu',
  relu6: 'relu6',
  selu: 'selu',
  sigmoid: 'sigmoid',
  silu: 'swish',
  softmax: 'softmax',
  softplus: 'softplus',
  softsign: 'softsign',
  swish: 'swish',
  tanh: 'tanh',
};

/**
 * Returns the name of an activation. Keras writes it as a string, or as an object that describes a function or a layer.
 *
 * @returns `undefined` if it has no name.
 */
export function activationName(activation: unknown): string | undefined {
  if (typeof activation === 'string') return activation;
  if (activation === null || activation === undefined) return 'linear';
  const { config, registered_name, class_name } = activation as Record<string, unknown>;
  if (class_name === 'function') return typeof config === 'string' ? config : String(registered_name);
  return undefined;
}

/** Returns the activation if our convolutions and dense layers have it built in. */
export function plainActivation(activation: unknown): 'linear' | 'relu' | undefined {
  const name = activationName(activation);
  return name === 'linear' || name === 'relu' ? name : undefined;
}

/**
 * Returns the layers that apply an activation, or none if it is linear.
 *
 * @param activation - As in the Keras file.
 * @param name - Name of the first layer.
 * @param keras3 - Whether Keras 3 wrote the file.
 * @throws FerError `UNSUPPORTED` for an unknown activation.
 */
export function layerActivation(activation: unknown, name: string, keras3: boolean): layers.Layer[] {
  const given = activationName(activation);
  if (given === 'linear') return [];
  if (given !== undefined && Object.hasOwn(SAME, given)) {
    return [layers.activation({ name, activation: SAME[given] as 'relu' })];
  }
  if (given === 'hard_sigmoid') return hardSigmoid(name, keras3);
  if (given === 'hard_silu' || given === 'hard_swish' || given === 'exponential') throw unknown(name, given);
  if (given === 'leaky_relu') return [layers.leakyReLU({ name, alpha: 0.2 })];
  const { class_name, config } = (given === undefined ? activation : {}) as {
    class_name?: string;
    config?: Readonly<Record<string, number | null>>;
  };
  if (class_name === 'LeakyReLU') {
    return [layers.leakyReLU({ name, alpha: config?.negative_slope ?? config?.alpha ?? 0.3 })];
  }
  if (class_name === 'ELU') return [layers.elu({ name, alpha: config?.alpha ?? 1 })];
  if (class_name === 'ReLU' && !config?.negative_slope && !config?.threshold) {
    const maxValue = config?.max_value;
    return [
      typeof maxValue === 'number' ? layers.reLU({ name, maxValue }) : layers.activation({ name, activation: 'relu' }),
    ];
  }
  throw unknown(name, given ?? class_name ?? JSON.stringify(activation));
}

/** Keras 2: clip(0.2 x + 0.5, 0, 1), as tfjs; Keras 3: min(max(x + 3, 0), 6) / 6. */
function hardSigmoid(name: string, keras3: boolean): layers.Layer[] {
  if (!keras3) return [layers.activation({ name, activation: 'hardSigmoid' })];
  return [
    layers.rescaling({ name, scale: 1, offset: 3 }),
    layers.reLU({ name: `${name}_clip`, maxValue: 6 }),
    layers.rescaling({ name: `${name}_scale`, scale: 1 / 6 }),
  ];
}

function unknown(name: string, activation: string): FerError {
  const known = [...Object.keys(SAME), 'hard_sigmoid', 'leaky_relu'].join(', ');
  return new FerError(
    'UNSUPPORTED',
    `layer ${name} has the activation ${JSON.stringify(activation)}, which can't be imported: known are ${known}.`,
  );
}
