import {
  bytesToFloat32,
  type FeatureMatrix,
  FerError,
  type FileStore,
  float32ToBytes,
  isFerError,
  type Labels,
  sha256,
} from 'fer-core';

/** Features of consecutive images, with their labels. */
export interface FeatureChunk {
  /** Of its first row, from 0, over all chunks. */
  readonly first: number;
  readonly features: FeatureMatrix;
  readonly labels: Labels;
}

/** What all chunks of one extraction share. */
export interface ChunkForm {
  readonly columns: number;
  readonly classes: readonly string[];
  /** A digest of the backbone that made them. */
  readonly backbone: string;
}

/** The file of the chunk that begins at a row. */
export function chunkName(first: number): string {
  return `features-${String(first).padStart(10, '0')}.bin`;
}

/** The chunks in a store, by their first rows, in order. */
export async function chunkStarts(store: FileStore): Promise<number[]> {
  const names = await store.list();
  return names.flatMap((name) => /^features-(\d{10})\.bin$/.exec(name)?.slice(1).map(Number) ?? []);
}

/**
 * A chunk as bytes: a JSON header's length (uint32) and the header, float32 rows, labels; little-endian. Spaces end the
 * header so that the rows begin at a multiple of four.
 */
export async function writeChunk(store: FileStore, form: ChunkForm, chunk: FeatureChunk): Promise<void> {
  const numbers = float32ToBytes(chunk.features.data);
  const { labels } = chunk.labels;
  const body = new Uint8Array(numbers.length + labels.length);
  body.set(numbers);
  body.set(labels, numbers.length);
  const header = { format: FORMAT, ...form, first: chunk.first, rows: labels.length, sha256: await sha256(body) };
  const json = JSON.stringify(header);
  const { length } = new TextEncoder().encode(json);
  const text = new TextEncoder().encode(json + ' '.repeat(-length & 3));
  const bytes = new Uint8Array(4 + text.length + body.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  bytes.set(body, 4 + text.length);
  await store.write(chunkName(chunk.first), bytes);
}

/**
 * The inverse of {@link writeChunk}.
 *
 * @throws FerError `CORRUPT` where the bytes are not those that were written.
 */
export async function readChunk(store: FileStore, first: number): Promise<FeatureChunk & { form: ChunkForm }> {
  const file = `${store.location}/${chunkName(first)}`;
  const bytes = await store.read(chunkName(first));
  try {
    const start = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)));
    const body = bytes.subarray(start);
    const { rows, columns, classes, backbone } = header;
    if (header.format !== FORMAT || header.first !== first || header.sha256 !== (await sha256(body))) throw new Error();
    const data = floatsIn(body.subarray(0, rows * columns * 4), rows * columns);
    const labels = body.slice(rows * columns * 4);
    return {
      first,
      features: { data, rows, columns },
      labels: { labels, classes },
      form: { columns, classes, backbone },
    };
  } catch (cause) {
    if (isFerError(cause) && cause.code !== 'CORRUPT') throw cause;
    throw new FerError('CORRUPT', 'a chunk of features is damaged: remove it, and extract again.', { file }, { cause });
  }
}

/** The numbers in place where they can be: a solver reads all chunks dozens of times, and copies would add up. */
function floatsIn(bytes: Uint8Array, count: number): Float32Array {
  if (!LITTLE_ENDIAN || bytes.byteOffset % 4 !== 0 || bytes.length !== count * 4) return bytesToFloat32(bytes, count);
  return new Float32Array(bytes.buffer, bytes.byteOffset, count);
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const FORMAT = 1;
