import { GraphBuilder } from '../src/model/graphBuilder.js';
import { encodeModel } from '../src/model/protobuf.js';
import { FLOAT, type ValueInfoProto } from '../src/model/schema.js';

/** An input or output; float32 unless another type is given. */
export function value(name: string, dims: readonly (number | string)[], elemType = FLOAT): ValueInfoProto {
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** Properties of a foreign model. */
export interface ForeignOptions {
  readonly input?: readonly (number | string)[];
  readonly inputType?: number;
  readonly producer?: string;
  /** @default maps [batch, 2, height, width] */
  readonly output?: 'maps' | 'means' | 'tokens' | 'nan' | 'transposed';
}

/**
 * A model as PyTorch would write it, of images [batch, channels, height, width]: two 1×1 convolutions that compute the
 * sum and the difference of its two channels, 2 · (a + b) and a − b, followed by the nodes of `output`.
 */
export function foreignModel(options: ForeignOptions = {}): Uint8Array {
  const { input = ['batch', 2, 3, 4], inputType = FLOAT, producer = 'pytorch', output = 'maps' } = options;
  const graph = new GraphBuilder(['pixel_values', 'result']);
  const kernel = graph.floats('kernel', [2, 2, 1, 1], [2, 2, 1, -1]);
  const maps = graph.node('net', 'Conv', ['pixel_values', kernel]);
  const ends = {
    maps: () => graph.node('end', 'Identity', [maps], {}, 'result'),
    means: () => graph.node('end', 'GlobalAveragePool', [maps], {}, 'result'),
    nan: () => graph.node('end', 'Log', [graph.node('end', 'Neg', [graph.node('end', 'Exp', [maps])])], {}, 'result'),
    tokens: () => {
      const flat = graph.node('end', 'Reshape', [maps, graph.integers('shape', [0, 2, 12])]);
      return graph.node('end', 'Transpose', [flat], { perm: [0, 2, 1] }, 'result');
    },
    transposed: () => graph.node('end', 'Transpose', [maps], { perm: [1, 0, 2, 3] }, 'result'),
  };
  ends[output]();
  return encodeModel({
    irVersion: 8,
    producerName: producer,
    graph: graph.build('foreign', [value('pixel_values', input, inputType)], [{ name: 'result' }]),
    opsetImport: [{ domain: '', version: 17 }],
  });
}
