import type { GraphBuilder, Name } from '../model/graphBuilder.js';

/**
 * The output of a layer in the graph. ONNX convolutions take images as [batch, channels, height, width], tfjs-layers as
 * [batch, height, width, channels]. A tensor of images is transposed once, when a node needs the other order.
 */
export class Value {
  #plain: Name | undefined;
  #channelsFirst: Name | undefined;

  private constructor(
    private readonly graph: GraphBuilder,
    private readonly path: string,
    /** Sizes without the batch axis, in the order of tfjs-layers. */
    readonly shape: readonly number[],
  ) {}

  /** A tensor in the order of tfjs-layers. */
  static plain(graph: GraphBuilder, path: string, shape: readonly number[], name: Name): Value {
    const value = new Value(graph, path, shape);
    value.#plain = name;
    return value;
  }

  /** A tensor of images with channels first; `shape` is still in the order of tfjs-layers. */
  static channelsFirst(graph: GraphBuilder, path: string, shape: readonly number[], name: Name): Value {
    const value = new Value(graph, path, shape);
    value.#channelsFirst = name;
    return value;
  }

  /** Another tensor in the same order as this one. */
  like(path: string, shape: readonly number[], name: Name): Value {
    return this.isChannelsFirst
      ? Value.channelsFirst(this.graph, path, shape, name)
      : Value.plain(this.graph, path, shape, name);
  }

  /** Whether it is available with channels first. */
  get isChannelsFirst(): boolean {
    return this.#channelsFirst !== undefined;
  }

  /** Its name in whichever order is available, for elementwise operations. */
  get name(): Name {
    return this.#channelsFirst ?? this.#plain!;
  }

  /** Its name in the order of tfjs-layers. */
  toPlain(): Name {
    this.#plain ??= this.graph.node(this.path, 'Transpose', [this.#channelsFirst!], { perm: [0, 2, 3, 1] });
    return this.#plain;
  }

  /** Its name with channels first. Only images have it. */
  toChannelsFirst(): Name {
    this.#channelsFirst ??= this.graph.node(this.path, 'Transpose', [this.#plain!], { perm: [0, 3, 1, 2] });
    return this.#channelsFirst;
  }
}
