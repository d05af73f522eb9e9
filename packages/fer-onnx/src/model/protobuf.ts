import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type Field, MODEL, type ModelProto, type Schema } from './schema.js';

type Message = { [name: string]: unknown };

/** Encodes a model as the bytes of a file. */
export function encodeModel(model: ModelProto): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, MODEL, model as Message);
  return writer.finish();
}

/**
 * The inverse of {@link encodeModel}. Bytes inside the model are views of the file, not copies.
 *
 * @throws Error if the bytes are not a protobuf message, are truncated, or have fields of other types.
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return readMessage(bytes, MODEL) as ModelProto;
}

function writeMessage(writer: BinaryWriter, schema: Schema, message: Message): void {
  for (const [name, field] of Object.entries(schema)) {
    const value = message[name];
    if (value === undefined) continue;
    for (const item of field.repeated ? (value as readonly unknown[]) : [value]) writeField(writer, field, item);
  }
}

function writeField(writer: BinaryWriter, { number, type }: Field, value: unknown): void {
  if (type === 'int') writer.tag(number, WireType.Varint).int64(value as number);
  else if (type === 'float') writer.tag(number, WireType.Bit32).float(value as number);
  else if (type === 'string') writer.tag(number, WireType.LengthDelimited).string(value as string);
  else if (type === 'bytes') writer.tag(number, WireType.LengthDelimited).bytes(value as Uint8Array);
  else {
    writer.tag(number, WireType.LengthDelimited).fork();
    writeMessage(writer, type, value as Message);
    writer.join();
  }
}

function readMessage(bytes: Uint8Array, schema: Schema): Message {
  const fields = new Map(Object.entries(schema).map(([name, field]) => [field.number, { name, ...field }]));
  const reader = new BinaryReader(bytes);
  const message: Message = {};
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const field = fields.get(number);
    if (!field) {
      reader.skip(wire, number);
      continue;
    }
    const values = readField(reader, field, wire);
    if (field.repeated) {
      const list = (message[field.name] ?? []) as unknown[];
      for (const value of values) list.push(value);
      message[field.name] = list;
    } else {
      message[field.name] = values.at(-1);
    }
  }
  return message;
}

/** The values of one field; several for repeated numbers, which may be packed. */
function readField(reader: BinaryReader, { number, type }: Field, wire: WireType): readonly unknown[] {
  const wanted = type === 'int' ? WireType.Varint : type === 'float' ? WireType.Bit32 : WireType.LengthDelimited;
  if (wire === wanted) {
    if (type === 'int') return [Number(reader.int64())];
    if (type === 'float') return [reader.float()];
    if (type === 'string') return [reader.string()];
    return [type === 'bytes' ? reader.bytes() : readMessage(reader.bytes(), type)];
  }
  if (wire !== WireType.LengthDelimited || type !== 'int') {
    throw new Error(`field ${number} has the wire type ${wire}`);
  }
  const packed = new BinaryReader(reader.bytes());
  const values: number[] = [];
  while (packed.pos < packed.len) values.push(Number(packed.int64()));
  return values;
}
