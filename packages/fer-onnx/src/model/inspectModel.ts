import { FerError } from 'fer-core';
import { decodeModel } from './protobuf.js';
import { DOUBLE, FLOAT, INT64, type ModelProto, type TensorProto, type ValueInfoProto } from './schema.js';

/** An input or output of a model. */
export interface ModelValue {
  readonly name: string;
  /** One of `TensorProto.DataType`; undefined where the file doesn't tell. */
  readonly type: number | undefined;
  /** A name or undefined where a size is open; undefined altogether where the file doesn't tell. */
  readonly dims: readonly (number | string | undefined)[] | undefined;
}

/** What a file says of its model. */
export interface ModelDescription {
  readonly producer: string | undefined;
  /** Constants not counted. */
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  /** Everything that a node puts out. */
  readonly tensors: ReadonlySet<string>;
}

/** Bytes of one number of the types that are checked. */
const BYTES: ReadonlyMap<number | undefined, number> = new Map([
  [FLOAT, 4],
  [INT64, 8],
  [DOUBLE, 8],
]);

/**
 * Reads what a file says of its model, and looks for damage.
 *
 * @param file - Path or URL, for messages.
 * @throws FerError `CORRUPT` where it is no ONNX model, or is cut off; `UNSUPPORTED` where it is one of another format of
 *   onnxruntime, or has its weights in other files.
 */
export function inspectModel(bytes: Uint8Array, file: string): ModelDescription {
  if (new TextDecoder('latin1').decode(bytes.subarray(4, 8)) === 'ORTM') {
    throw new FerError('UNSUPPORTED', "this is onnxruntime's own format: give the .onnx file that it was made of.", {
      file,
    });
  }
  const { graph, producerName } = readModel(bytes, file);
  const { initializer = [], node = [], input = [], output = [] } = graph ?? {};
  if (!graph || node.length === 0 || output.length === 0) {
    throw new FerError('CORRUPT', 'this is no ONNX model: it has no graph with nodes and outputs.', { file });
  }
  for (const tensor of initializer) checkTensor(tensor, file);
  const constants = new Set(initializer.map(({ name }) => name));
  return {
    producer: producerName,
    inputs: input.filter(({ name }) => !constants.has(name)).map(describe),
    outputs: output.map(describe),
    tensors: new Set(node.flatMap((each) => each.output ?? [])),
  };
}

function readModel(bytes: Uint8Array, file: string): ModelProto {
  try {
    return decodeModel(bytes);
  } catch (cause) {
    throw new FerError(
      'CORRUPT',
      `this is no ONNX model, or it is cut off (${(cause as Error).message}): fetch or export it again.`,
      { file },
      { cause },
    );
  }
}

function checkTensor({ name, dims = [], dataType, rawData, dataLocation }: TensorProto, file: string): void {
  if (dataLocation === 1) {
    throw new FerError(
      'UNSUPPORTED',
      `the weights "${name}" lie in another file: save the model as one file (onnx.save without external data).`,
      { file },
    );
  }
  const size = BYTES.get(dataType);
  if (!rawData || size === undefined) return;
  const count = dims.reduce((a, b) => a * b, 1);
  if (dims.every((dim) => dim >= 0) && count * size === rawData.length) return;
  throw new FerError(
    'CORRUPT',
    `the weights "${name}" are ${rawData.length} bytes, their shape [${dims}] needs ${count * size}: fetch or export ` +
      'the model again.',
    { file },
  );
}

function describe({ name = '', type }: ValueInfoProto): ModelValue {
  const dims = type?.tensorType?.shape?.dim?.map(({ dimValue, dimParam }) => dimValue ?? dimParam);
  return { name, type: type?.tensorType?.elemType, dims };
}
