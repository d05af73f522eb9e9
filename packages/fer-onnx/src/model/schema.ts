/**
 * The part of ONNX' file format that this package reads and writes, with the field numbers of `onnx/onnx.proto`
 * (https://github.com/onnx/onnx, Apache-2.0, from release 1.23). Fields that aren't listed are skipped when a file is
 * read.
 */

/** How one field of a message is encoded. */
export interface Field {
  readonly number: number;
  readonly type: 'string' | 'bytes' | 'int' | 'float' | Schema;
  readonly repeated?: true;
}

/** A message: its fields by name. */
export type Schema = { readonly [name: string]: Field };

/** A dimension: a size, or a name if the size is not fixed. */
export interface DimensionProto {
  readonly dimValue?: number;
  readonly dimParam?: string;
}

/** The type of a tensor or an input. */
export interface TypeProto {
  readonly tensorType?: { readonly elemType?: number; readonly shape?: { readonly dim?: readonly DimensionProto[] } };
}

/** An input or output of a graph. */
export interface ValueInfoProto {
  readonly name?: string;
  readonly type?: TypeProto;
}

/** A constant. */
export interface TensorProto {
  readonly name?: string;
  readonly dims?: readonly number[];
  readonly dataType?: number;
  readonly rawData?: Uint8Array;
  /** 1 if the values are in another file. */
  readonly dataLocation?: number;
}

/** A named attribute of a node. */
export interface AttributeProto {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly ints?: readonly number[];
}

/** One call of an operator. */
export interface NodeProto {
  readonly name?: string;
  readonly opType?: string;
  readonly domain?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly attribute?: readonly AttributeProto[];
}

/** In an order in which the nodes can be run. */
export interface GraphProto {
  readonly name?: string;
  readonly node?: readonly NodeProto[];
  readonly initializer?: readonly TensorProto[];
  readonly input?: readonly ValueInfoProto[];
  readonly output?: readonly ValueInfoProto[];
}

/** A key and a value of the model's metadata. */
export interface EntryProto {
  readonly key?: string;
  readonly value?: string;
}

/** A whole file. */
export interface ModelProto {
  readonly irVersion?: number;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly docString?: string;
  readonly graph?: GraphProto;
  readonly opsetImport?: readonly { readonly domain?: string; readonly version?: number }[];
  readonly metadataProps?: readonly EntryProto[];
}

/** Values of `TensorProto.DataType`. */
export const FLOAT = 1;
export const INT64 = 7;
export const DOUBLE = 11;

/** Values of `AttributeProto.AttributeType`. */
export const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 } as const;

const DIMENSION: Schema = {
  dimValue: { number: 1, type: 'int' },
  dimParam: { number: 2, type: 'string' },
};

const SHAPE: Schema = { dim: { number: 1, type: DIMENSION, repeated: true } };

const TENSOR_TYPE: Schema = {
  elemType: { number: 1, type: 'int' },
  shape: { number: 2, type: SHAPE },
};

const TYPE: Schema = { tensorType: { number: 1, type: TENSOR_TYPE } };

const VALUE_INFO: Schema = {
  name: { number: 1, type: 'string' },
  type: { number: 2, type: TYPE },
};

const TENSOR: Schema = {
  dims: { number: 1, type: 'int', repeated: true },
  dataType: { number: 2, type: 'int' },
  name: { number: 8, type: 'string' },
  rawData: { number: 9, type: 'bytes' },
  dataLocation: { number: 14, type: 'int' },
};

const NODE_ATTRIBUTE: Schema = {
  name: { number: 1, type: 'string' },
  f: { number: 2, type: 'float' },
  i: { number: 3, type: 'int' },
  s: { number: 4, type: 'bytes' },
  ints: { number: 8, type: 'int', repeated: true },
  type: { number: 20, type: 'int' },
};

const NODE: Schema = {
  input: { number: 1, type: 'string', repeated: true },
  output: { number: 2, type: 'string', repeated: true },
  name: { number: 3, type: 'string' },
  opType: { number: 4, type: 'string' },
  attribute: { number: 5, type: NODE_ATTRIBUTE, repeated: true },
  domain: { number: 7, type: 'string' },
};

const GRAPH: Schema = {
  node: { number: 1, type: NODE, repeated: true },
  name: { number: 2, type: 'string' },
  initializer: { number: 5, type: TENSOR, repeated: true },
  input: { number: 11, type: VALUE_INFO, repeated: true },
  output: { number: 12, type: VALUE_INFO, repeated: true },
};

const ENTRY: Schema = {
  key: { number: 1, type: 'string' },
  value: { number: 2, type: 'string' },
};

const OPERATOR_SET: Schema = {
  domain: { number: 1, type: 'string' },
  version: { number: 2, type: 'int' },
};

/** The schema of {@link ModelProto}. */
export const MODEL: Schema = {
  irVersion: { number: 1, type: 'int' },
  producerName: { number: 2, type: 'string' },
  producerVersion: { number: 3, type: 'string' },
  docString: { number: 6, type: 'string' },
  graph: { number: 7, type: GRAPH },
  opsetImport: { number: 8, type: OPERATOR_SET, repeated: true },
  metadataProps: { number: 14, type: ENTRY, repeated: true },
};
