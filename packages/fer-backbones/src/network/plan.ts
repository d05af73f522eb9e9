import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { describeValue, FerError } from 'fer-core';

/** One call of a layer. A shared layer has several calls. */
export interface Step {
  readonly layer: layers.Layer;
  /** The layer's configuration, read once. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The models that contain the layer, the outermost first. */
  readonly within: readonly LayersModel[];
  /** Numbers of the input tensors. */
  readonly inputs: readonly number[];
  /** Numbers of the output tensors. */
  readonly outputs: readonly number[];
}

/**
 * A network as a flat list of steps, in which each step follows the steps that compute its inputs. Nested models are
 * replaced by their layers. The steps of a chain are its layers in order. Those of a graph are in Keras' order: by
 * decreasing distance from the output, then in the order in which a traversal from the output visits them.
 */
export interface Plan {
  readonly steps: readonly Step[];
  /** Number of the tensor that is the network's output; its input is number 0. */
  readonly output: number;
  /** For each tensor, the position of the last step that uses it; for the output, the number of steps. */
  readonly lastUse: readonly number[];
}

const plans = new WeakMap<LayersModel, { readonly of: SymbolicTensor; readonly plan: Plan }>();

/**
 * Returns the plan of a model with one input and one output. It is cached, and made again if the model has grown.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but a model of tfjs-layers.
 *
 * @example
 * ```ts
 * for (const step of planOf(backbone.model).steps) console.log(pathOf(step), step.layer.getClassName());
 * ```
 */
export function planOf(model: LayersModel): Plan {
  if (typeof model !== 'object' || model === null || !isModel(model)) {
    throw new FerError('INVALID_ARGUMENT', `the network is ${describeValue(model)}: give a model of tfjs-layers.`);
  }
  const known = plans.get(model);
  const [of] = model.outputs;
  if (known?.of === of) return known.plan;
  const plan = new Planner(model).plan();
  plans.set(model, { of, plan });
  return plan;
}

interface Call extends Pick<Step, 'layer' | 'inputs' | 'outputs'> {
  /** When the traversal from the output visited it. */
  readonly met: number;
}

/** The tensors of one call of a model that already have numbers, by the ids of the model's own symbolic tensors. */
type Numbers = Map<number, number>;

class Planner {
  readonly #calls: Call[] = [];
  readonly #nested = new Map<object, Numbers>();
  #tensors = 1;
  #met = 0;

  constructor(private readonly model: LayersModel) {}

  plan(): Plan {
    const { model } = this;
    const [input] = model.inputs;
    const holders = holdersOf(model);
    const numbers: Numbers = new Map();
    // A Sequential without an explicit input layer doesn't list the one that tfjs-layers makes for it.
    if (holders.has(input.sourceLayer)) {
      this.#calls.push({ layer: input.sourceLayer, inputs: [0], outputs: [this.#tensors++], met: Infinity });
      numbers.set(input.id, 1);
    } else {
      numbers.set(input.id, 0);
    }
    const output = this.#number(model.outputs[0], numbers);
    const steps = this.#inOrder().map(({ layer, inputs, outputs }) => {
      return { layer, config: layer.getConfig(), within: holders.get(layer) ?? [model], inputs, outputs };
    });
    const lastUse = new Array<number>(this.#tensors).fill(-1);
    steps.forEach((step, position) => {
      for (const tensor of step.inputs) lastUse[tensor] = position;
    });
    lastUse[output] = steps.length;
    return { steps, output, lastUse };
  }

  /** Returns the number of a symbolic tensor, after numbering the tensors that it is computed from. */
  #number(tensor: SymbolicTensor, numbers: Numbers): number {
    const known = numbers.get(tensor.id);
    if (known !== undefined) return known;
    const { sourceLayer: layer, nodeIndex, tensorIndex } = tensor;
    const node = layer.inboundNodes[nodeIndex];
    const met = this.#met++;
    if (isModel(layer)) {
      let inner = this.#nested.get(node);
      if (!inner) {
        inner = new Map();
        for (const [i, x] of node.inputTensors.entries()) inner.set(layer.inputs[i].id, this.#number(x, numbers));
        this.#nested.set(node, inner);
      }
      const number = this.#number(layer.outputs[tensorIndex], inner);
      numbers.set(tensor.id, number);
      return number;
    }
    if (layer.getClassName() === 'InputLayer') {
      throw new FerError(
        'INVALID_ARGUMENT',
        `layer ${layer.name} is a second input: a backbone takes one batch of images, so make it a model of one input.`,
      );
    }
    const inputs = node.inputTensors.map((x) => this.#number(x, numbers));
    const outputs = node.outputTensors.map((x) => {
      numbers.set(x.id, this.#tensors);
      return this.#tensors++;
    });
    this.#calls.push({ layer, inputs, outputs, met });
    return outputs[tensorIndex];
  }

  #inOrder(): readonly Call[] {
    const calls = this.#calls;
    const producer = new Map(calls.flatMap(({ outputs }, i) => outputs.map((tensor) => [tensor, i] as const)));
    const distance = new Array<number>(calls.length).fill(0);
    // Calls follow the calls that they depend on, so a call's distance is known before it is propagated.
    for (let i = calls.length - 1; i >= 0; i--) {
      for (const tensor of calls[i].inputs) {
        const from = producer.get(tensor);
        if (from !== undefined) distance[from] = Math.max(distance[from], distance[i] + 1);
      }
    }
    return calls
      .map((call, i) => ({ call, distance: distance[i] }))
      .sort((a, b) => b.distance - a.distance || a.call.met - b.call.met)
      .map(({ call }) => call);
  }
}

/** Whether a layer is a model itself. */
export function isModel(layer: layers.Layer): layer is LayersModel {
  return 'layers' in layer && 'outputs' in layer;
}

/** The layers of a model and of its nested models, each with the models that contain it. */
function holdersOf(model: LayersModel, above: readonly LayersModel[] = []): Map<layers.Layer, readonly LayersModel[]> {
  const within = [...above, model];
  const holders = new Map<layers.Layer, readonly LayersModel[]>();
  for (const layer of model.layers) {
    if (isModel(layer)) for (const [inner, models] of holdersOf(layer, within)) holders.set(inner, models);
    else holders.set(layer, within);
  }
  return holders;
}

/** Whether `fit` may change a layer: neither the layer nor a model that contains it is frozen. */
export function isTrainable({ layer, within }: Step): boolean {
  return layer.trainable && within.every((model) => model.trainable);
}

/** Whether a step has weights that `fit` trains. */
export function hasTrainedWeights(step: Step): boolean {
  return isTrainable(step) && step.layer.trainableWeights.length > 0;
}

/** The weights of a model that `fit` trains, in the order in which tfjs-layers lists them. */
export function trainedWeights(model: LayersModel): LayersModel['trainableWeights'] {
  // A layer of a nested model with several outputs may not contribute to the output that is used.
  const used = new Set(planOf(model).steps.flatMap(({ layer }) => layer.trainableWeights));
  return model.trainableWeights.filter((weight) => used.has(weight));
}

/** The tensors that must be alive before a step, to run it and the steps after it. */
export function heldAt({ steps, lastUse, output }: Plan, position: number): readonly number[] {
  const made = [0, ...steps.slice(0, position).flatMap(({ outputs }) => outputs)];
  return made.filter((tensor) => lastUse[tensor] >= position || (tensor === output && position === steps.length));
}

/** The only tensor that is alive at a position, or `undefined` if there are several. */
export function carriedAt(plan: Plan, position: number): number | undefined {
  const held = heldAt(plan, position);
  return held.length === 1 ? held[0] : undefined;
}

/**
 * A layer's name, preceded by those of the nested models that contain it: `vgg16/block1_conv1`.
 *
 * @example
 * ```ts
 * const names = planOf(backbone.model).steps.map((step) => pathOf(step));
 * backbone.freeze({ until: names[4] });
 * ```
 */
export function pathOf(step: Step): string {
  if (typeof step !== 'object' || step === null || !step.layer || !Array.isArray(step.within)) {
    throw new FerError('INVALID_ARGUMENT', `the step is ${describeValue(step)}: give one of planOf(model).steps.`);
  }
  const { layer, within } = step;
  return [...within.slice(1), layer].map(({ name }) => name).join('/');
}

/**
 * Returns the positions of a layer's calls.
 *
 * @param name - The layer's own name, or its path: `vgg16/block1_conv1`.
 * @throws FerError `INVALID_ARGUMENT` if there is no such layer, or more than one.
 */
export function positionsOf({ steps }: Plan, name: string): readonly number[] {
  const paths = steps.map(pathOf);
  const byPath = positions(paths, (path) => path === name);
  if (byPath.length > 0) return byPath;
  const byName = positions(steps, ({ layer }) => layer.name === name);
  const found = new Set(byName.map((position) => paths[position]));
  if (found.size === 1) return byName;
  if (found.size > 1) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${found.size} layers are called ${name}: choose one of ${[...found].join(', ')}.`,
    );
  }
  const names = [...new Set(steps.map(({ layer }) => layer.name))].join(', ');
  throw new FerError('INVALID_ARGUMENT', `there is no layer ${name}: choose among ${names}.`);
}

function positions<T>(list: readonly T[], holds: (item: T) => boolean): readonly number[] {
  return list.flatMap((item, position) => (holds(item) ? [position] : []));
}
