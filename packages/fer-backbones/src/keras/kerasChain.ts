import { FerError } from 'fer-core';
import type { Hdf5Group } from '../weights/hdf5.js';

/** A layer as Keras 2 describes it in JSON. */
export interface KerasLayer {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>> & { readonly name: string };
}

/** A whole model, as one chain of layers. */
export interface KerasChain {
  readonly name: string;
  /** Of the first layer: [null, height, width, channels]. */
  readonly inputShape: readonly (number | null)[];
  /** Models in it are replaced by their layers; input layers are left out. */
  readonly layers: readonly KerasLayer[];
}

interface Node extends KerasLayer {
  readonly inbound_nodes?: readonly (readonly (readonly [string, ...unknown[]])[])[];
}

/**
 * The network of a file that Keras 2 wrote by `save`.
 *
 * @param file - Path or URL, for messages.
 * @throws FerError `UNSUPPORTED` where it is no chain of layers, or the file holds weights alone; `CORRUPT` where its
 *   description can't be read.
 */
export function kerasChain(root: Hdf5Group, file: string): KerasChain {
  const text = root.texts('model_config')?.join('').replaceAll('\0', '');
  if (!text) {
    throw new FerError('UNSUPPORTED', 'it describes no network (weights alone?): save the model by model.save(…).', {
      file,
    });
  }
  let model: Node;
  try {
    model = JSON.parse(text);
  } catch (cause) {
    throw new FerError('CORRUPT', 'its model_config is no JSON: save the model again.', { file }, { cause });
  }
  try {
    const all = flatten(model, file);
    const [first] = all;
    const inputShape = (first?.config.batch_input_shape ?? first?.config.batch_shape) as (number | null)[] | undefined;
    if (!inputShape) throw unsupported('a model that does not say its input shape', file);
    const layers = all.filter(({ class_name }) => class_name !== 'InputLayer');
    const names = layers.map(({ config }) => config.name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice) throw unsupported(`two layers called ${twice}`, file);
    return { name: String(model.config.name ?? 'keras'), inputShape, layers };
  } catch (cause) {
    if (cause instanceof FerError) throw cause;
    throw new FerError('CORRUPT', 'its model_config is no description of Keras 2.', { file }, { cause });
  }
}

const FUNCTIONAL = ['Model', 'Functional'];

function flatten(node: Node, file: string): KerasLayer[] {
  if (node.class_name === 'Sequential') {
    // Before Keras 2.2.3 the configuration was the list itself.
    const list = (Array.isArray(node.config) ? node.config : node.config.layers) as Node[];
    return list.flatMap((layer) => flatten(layer, file));
  }
  if (!FUNCTIONAL.includes(node.class_name)) return [node];
  const nodes = node.config.layers as Node[];
  const ends = [node.config.input_layers, node.config.output_layers] as unknown[][];
  if (ends.some((list) => list.length !== 1)) {
    throw unsupported(`model ${node.config.name} with several inputs or outputs`, file);
  }
  return inOrder(nodes, ends[1][0] as [string], file).flatMap((layer) => flatten(layer, file));
}

/** The layers from the input to the output, each fed by the one before, and by it alone. */
function inOrder(nodes: readonly Node[], [output]: readonly [string], file: string): Node[] {
  const byName = new Map(nodes.map((node) => [node.config.name, node]));
  const chain: Node[] = [];
  let name: string | undefined = output;
  while (name !== undefined && chain.length < nodes.length) {
    const node: Node = byName.get(name)!;
    chain.unshift(node);
    const inbound: NonNullable<Node['inbound_nodes']> = node.inbound_nodes ?? [];
    if (inbound.length > 1 || (inbound[0] ?? []).length > 1) {
      throw unsupported(`layer ${name} (${node.class_name}), which takes several tensors`, file);
    }
    name = inbound[0]?.[0]?.[0];
  }
  if (chain.length < nodes.length) {
    const other = nodes.find((node) => !chain.includes(node))!;
    throw unsupported(`layer ${other.config.name} (${other.class_name}) beside the others`, file);
  }
  return chain;
}

function unsupported(what: string, file: string): FerError {
  return new FerError('UNSUPPORTED', `it has ${what}: only chains of layers can be imported.`, { file });
}
