import { FerError } from 'fer-core';

/** A layer as Keras describes it in JSON. */
export interface KerasLayer {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>> & { readonly name: string };
  /** Only written by Keras 3. */
  readonly module?: string;
}

/** A layer of a {@link KerasNetwork}. */
export interface NetworkLayer extends KerasLayer {
  /** Its name, or its path if it is in a nested model and another layer has the same name. */
  readonly key: string;
  /** Its group among the weights of a `.keras` file. */
  readonly group: string;
  /** Whether neither the layer nor a model that contains it is frozen. */
  readonly trainable: boolean;
}

/** One call of a layer, with some input tensors and one output tensor. */
export interface NetworkCall {
  /** Index of the layer in `layers`. */
  readonly layer: number;
  readonly inputs: readonly number[];
  readonly output: number;
}

/** A whole model as a flat graph: nested models are replaced by their layers. */
export interface KerasNetwork {
  readonly name: string;
  /** [null, height, width, channels]. */
  readonly inputShape: readonly (number | null)[];
  readonly layers: readonly NetworkLayer[];
  /** Tensor 0 is the input. Each call follows the calls that compute its inputs. */
  readonly calls: readonly NetworkCall[];
  /** The model's output tensor. */
  readonly output: number;
}

/** A node of Keras' description: a layer or a model. */
interface Node extends KerasLayer {
  readonly name?: string;
  readonly inbound_nodes?: readonly unknown[];
}

/** Refers to a tensor: an output of one call of a layer. */
type Reference = readonly [layer: string, call: number, tensor: number];

/**
 * Converts a description that Keras 2 or 3 wrote to a network.
 *
 * @param description - Parsed from `model_config` or `config.json`.
 * @param file - Path or URL, for messages.
 * @throws FerError `UNSUPPORTED` if it is not a Sequential or functional model with one input and output; `CORRUPT` if
 *   it is not a Keras description.
 */
export function kerasNetwork(description: unknown, file: string): KerasNetwork {
  try {
    const model = description as Node;
    if (!isModel(model)) {
      throw unsupported(`it is a ${String(model.class_name)}, not a Sequential or functional model`, file);
    }
    const inputShape = inputShapeOf(model);
    if (!inputShape) throw unsupported('it does not say its input shape', file);
    const builder = new Builder(file);
    const outputs = builder.model(model, 'layers', [], true).call([0]);
    if (outputs.length !== 1) throw unsupported(`it has ${outputs.length} outputs`, file);
    return {
      name: nameOf(model) ?? 'keras',
      inputShape,
      layers: builder.namedLayers(),
      calls: builder.calls,
      output: outputs[0],
    };
  } catch (cause) {
    if (cause instanceof FerError) throw cause;
    throw new FerError('CORRUPT', 'its description is not one of Keras: save the model again.', { file }, { cause });
  }
}

const FUNCTIONAL = ['Model', 'Functional'];

function isModel({ class_name }: Node): boolean {
  return class_name === 'Sequential' || FUNCTIONAL.includes(class_name);
}

function nameOf({ name, config }: Node): string | undefined {
  return (config as { name?: string } | undefined)?.name ?? name;
}

/** Before Keras 2.2.3, the configuration of a Sequential was the list of layers. */
function childrenOf({ config }: Node): readonly Node[] {
  return (Array.isArray(config) ? config : config.layers) as Node[];
}

/** A layer or a model, which can be called on tensors. */
interface Callable {
  call(inputs: readonly number[]): readonly number[];
}

class Builder {
  readonly calls: NetworkCall[] = [];
  readonly #layers: (Omit<NetworkLayer, 'key'> & { readonly path: readonly string[] })[] = [];
  #tensors = 1;

  constructor(private readonly file: string) {}

  model(node: Node, group: string, path: readonly string[], trainable: boolean): Callable {
    const trains = trainable && node.config.trainable !== false;
    const counts = new Map<string, number>();
    const children = childrenOf(node).map((child) => {
      // Keras numbers the groups of a class by their order, regardless of the layers' names.
      const kind = snakeCase(child.class_name);
      const count = counts.get(kind) ?? 0;
      // A Sequential doesn't count its input layer, which has no weights.
      counts.set(kind, count + 1);
      const own = `${group}/${count === 0 ? kind : `${kind}_${count}`}`;
      return { child, callable: this.#callable(child, own, path, trains) };
    });
    if (node.class_name === 'Sequential') {
      return {
        call: (inputs) => children.reduce((x, { callable }) => callable.call(x), inputs),
      };
    }
    return this.#functional(node, new Map(children.map((entry) => [nameOf(entry.child)!, entry])));
  }

  #callable(node: Node, group: string, path: readonly string[], trainable: boolean): Callable {
    if (isModel(node)) return this.model(node, `${group}/layers`, [...path, nameOf(node) ?? ''], trainable);
    if (node.class_name === 'InputLayer') return { call: (inputs) => inputs };
    let position: number | undefined;
    return {
      call: (inputs) => {
        position ??= this.#add(node, group, path, trainable);
        const output = this.#tensors++;
        this.calls.push({ layer: position, inputs, output });
        return [output];
      },
    };
  }

  #add(node: Node, group: string, path: readonly string[], trainable: boolean): number {
    const { class_name, module } = node;
    const config: KerasLayer['config'] = { ...node.config, name: nameOf(node)! };
    const trains = trainable && config.trainable !== false;
    return this.#layers.push({ class_name, module, config, group, trainable: trains, path }) - 1;
  }

  #functional(node: Node, children: ReadonlyMap<string, { child: Node; callable: Callable }>): Callable {
    const { config } = node;
    const [inputs, outputs] = [config.input_layers, config.output_layers].map(references);
    const inbound = new Map([...children].map(([name, { child }]) => [name, this.#inboundOf(child)]));
    // A nested model starts with a call of its own, which nothing refers to.
    const first = new Map<string, number>();
    for (const [name, call] of [...[...inbound.values()].flat(2), ...outputs]) {
      first.set(name, Math.min(call, first.get(name) ?? Infinity));
    }
    return {
      call: (given) => {
        if (given.length !== inputs.length) {
          throw unsupported(
            `model ${nameOf(node)} has ${inputs.length} inputs and is given ${given.length}`,
            this.file,
          );
        }
        const made = new Map<string, readonly number[]>(inputs.map(([name], i) => [`${name}/0`, [given[i]]]));
        const tensorOf = ([name, call, tensor]: Reference): number => {
          const number = call - (first.get(name) ?? 0);
          const key = `${name}/${number}`;
          let results = made.get(key);
          if (!results) {
            const taken = inbound.get(name)?.[number];
            if (!taken) throw new TypeError(`there is no call ${call} of ${name}`);
            results = children.get(name)!.callable.call(taken.map(tensorOf));
            made.set(key, results);
          }
          return results[tensor];
        };
        return outputs.map(tensorOf);
      },
    };
  }

  /** Returns the input tensors of each call of a layer. */
  #inboundOf(node: Node): Reference[][] {
    return (node.inbound_nodes ?? []).map((call) => {
      // Keras 2: [[name, call, tensor, arguments], …], or one such list by itself.
      if (Array.isArray(call))
        return typeof call[0] === 'string' ? [call as unknown as Reference] : (call as Reference[]);
      const { args, kwargs } = call as { args: unknown; kwargs?: Readonly<Record<string, unknown>> };
      if (tensorsIn(kwargs).length > 0) {
        throw unsupported(`layer ${nameOf(node)} (${node.class_name}) takes tensors by name`, this.file);
      }
      return tensorsIn(args);
    });
  }

  namedLayers(): NetworkLayer[] {
    const names = this.#layers.map(({ config }) => config.name);
    return this.#layers.map(({ path, ...layer }) => {
      const { name } = layer.config;
      const unique = names.indexOf(name) === names.lastIndexOf(name);
      return { ...layer, key: unique ? name : [...path, name].join('_') };
    });
  }
}

/** Returns the references to tensors in the arguments of a call, as Keras 3 writes them. */
function tensorsIn(value: unknown): Reference[] {
  if (typeof value !== 'object' || value === null) return [];
  const { class_name, config } = value as { class_name?: string; config?: { keras_history?: Reference } };
  if (class_name === '__keras_tensor__' && config?.keras_history) return [config.keras_history];
  return Object.values(value).flatMap(tensorsIn);
}

/** `input_layers` and `output_layers`: a list of references, or in Keras 3 a single reference. */
function references(value: unknown): Reference[] {
  if (Array.isArray(value) && typeof value[0] === 'string') return [value as unknown as Reference];
  return Object.values(value as object).flatMap(references);
}

/** Returns a class name as Keras uses it for groups: `SeparableConv2D` becomes `separable_conv2d`. */
export function snakeCase(name: string): string {
  return name
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

function inputShapeOf(node: Node): readonly (number | null)[] | undefined {
  if (!isModel(node)) {
    return (node.config.batch_input_shape ?? node.config.batch_shape) as (number | null)[] | undefined;
  }
  if (node.class_name === 'Sequential') {
    const [child] = childrenOf(node);
    const built = (node.config as { build_input_shape?: (number | null)[] }).build_input_shape;
    return (child && inputShapeOf(child)) ?? built;
  }
  const inputs = references(node.config.input_layers);
  const input = childrenOf(node).find((child) => nameOf(child) === inputs[0][0]);
  return input && inputShapeOf(input);
}

function unsupported(what: string, file: string): FerError {
  return new FerError('UNSUPPORTED', `${what}: only models of one image input and one output can be imported.`, {
    file,
  });
}
