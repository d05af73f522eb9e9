import {
  ATTRIBUTE,
  type AttributeProto,
  DOUBLE,
  FLOAT,
  type GraphProto,
  INT64,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './schema.js';

/** Attributes of a node. A number is an integer; give `{ float }` for a float. */
export type Attributes = { readonly [name: string]: number | readonly number[] | string | { readonly float: number } };

/** The name of a tensor in the graph. */
export type Name = string;

/** Builds a graph node by node. Tensors are identified by their names, which the builder makes unique. */
export class GraphBuilder {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #used = new Set<string>();
  /** Constants by their content, so that equal small ones are written once. */
  readonly #constants = new Map<string, Name>();

  /** @param reserved - Names of inputs and outputs, which no other tensor may get. */
  constructor(reserved: readonly Name[]) {
    for (const name of reserved) this.#used.add(name);
  }

  /**
   * Adds a node with one output.
   *
   * @param path - What the node belongs to, e.g. a layer's name.
   * @param output - The name of the output, if it is a reserved one.
   * @returns The name of the output.
   */
  node(path: string, opType: string, inputs: readonly Name[], attributes: Attributes = {}, output?: Name): Name {
    const name = this.#unique(`${path}/${opType}`);
    const made = output ?? name;
    this.#nodes.push({
      name,
      opType,
      input: inputs,
      output: [made],
      attribute: Object.entries(attributes).map(([key, value]) => attributeOf(key, value)),
    });
    return made;
  }

  /** Adds a constant of float32 numbers. */
  floats(path: string, dims: readonly number[], values: ArrayLike<number>): Name {
    return this.#constant(
      path,
      dims,
      FLOAT,
      littleEndian(values, 4, (view, at, value) => view.setFloat32(at, value, true)),
    );
  }

  /** Adds a constant of float64 numbers. */
  doubles(path: string, dims: readonly number[], values: ArrayLike<number>): Name {
    return this.#constant(
      path,
      dims,
      DOUBLE,
      littleEndian(values, 8, (view, at, value) => view.setFloat64(at, value, true)),
    );
  }

  /** Adds a list of integers. */
  integers(path: string, values: readonly number[]): Name {
    const bytes = littleEndian(values, 8, (view, at, value) => view.setBigInt64(at, BigInt(value), true));
    return this.#constant(path, [values.length], INT64, bytes);
  }

  /** Returns the finished graph. */
  build(name: string, input: readonly ValueInfoProto[], output: readonly ValueInfoProto[]): GraphProto {
    return { name, node: this.#nodes, initializer: this.#initializers, input, output };
  }

  #constant(path: string, dims: readonly number[], dataType: number, rawData: Uint8Array): Name {
    const key = rawData.length <= 64 ? `${dataType} ${dims} ${rawData}` : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#unique(path);
    this.#initializers.push({ name, dims, dataType, rawData });
    if (key !== undefined) this.#constants.set(key, name);
    return name;
  }

  #unique(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#used.has(name); i++) name = `${wanted}_${i}`;
    this.#used.add(name);
    return name;
  }
}

function attributeOf(name: string, value: Attributes[string]): AttributeProto {
  if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE.int };
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: ATTRIBUTE.string };
  if ('float' in value) return { name, f: Math.fround(value.float), type: ATTRIBUTE.float };
  return { name, ints: value, type: ATTRIBUTE.ints };
}

function littleEndian(
  values: ArrayLike<number>,
  size: number,
  set: (view: DataView, at: number, value: number) => void,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * size));
  for (let i = 0; i < values.length; i++) set(view, i * size, values[i]);
  return new Uint8Array(view.buffer);
}
