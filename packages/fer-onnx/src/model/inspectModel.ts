import { FerError } from 'fer-core';
import { decodeModel } from './protobuf.js';
import { DOUBLE, FLOAT, INT64, type ModelProto, type TensorProto, type ValueInfoProto } from './schema.js';

/** An input or output of a model. */
export interface ModelValue {
  readonly name: string;
  /** One of `TensorProto.DataType`; undefined if the file doesn't say. */
  readonly type: number | undefined;
  /** Sizes: a name or undefined if one is not fixed; undefined altogether if the file doesn't say. */
  readonly dims: readonly (number | string | undefined)[] | undefined;
}

/** The properties of a model that its file states. */
export interface ModelDescription {
  readonly producer: string | undefined;
  /** Without constants. */
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  /** The outputs of all nodes. */
  readonly tensors: ReadonlySet<string>;
}

/** Bytes per element, for the types that are checked. */
const BYTES: ReadonlyMap<number | undefined, number> = new Map([
  [FLOAT, 4],
  [INT64, 8],
  [DOUBLE, 8],
]);

/**
 * Reads the properties of a model from its file, and checks the file for damage.
 *
 * @param file - Path or URL, for messages.
 * @throws FerError `CORRUPT` if the file is truncated or not an ONNX model; `UNSUPPORTED` if it has another format of
 *   onnxruntime, or its weights are in other files.
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
    throw new FerError('CORRUPT', 'this is not an ONNX model: it has no graph with nodes and outputs.', { file });
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
      `this is not an ONNX model, or it is truncated (${(cause as Error).message}): fetch or export it again.`,
      { file },
      { cause },
    );
  }
}

function checkTensor({ name, dims = [], dataType, rawData, dataLocation }: TensorProto, file: string): void {
  if (dataLocation === 1) {
    throw new FerError(
      'UNSUPPORTED',
      `the weights "${name}" are in another file: save the model as one file (onnx.save without external data).`,
      { file },
    );
  }
  const size = BYTES.get(dataType);
  if (!rawData || size === undefined) return;
  const count = dims.reduce((a, b) => a * b, 1);
  if (dims.every((dim) => dim >= 0) && count * size === rawData.length) return;
  throw new FerError(
    'CORRUPT',
    `the weights "${name}" are ${rawData.length} bytes, but their shape [${dims}] needs ${count * size}: fetch or export ` +
      'the model again.',
    { file },
  );
}

function describe({ name = '', type }: ValueInfoProto): ModelValue {
  const dims = type?.tensorType?.shape?.dim?.map(({ dimValue, dimParam }) => dimValue ?? dimParam);
  return { name, type: type?.tensorType?.elemType, dims };
}
