import { type HuffmanTable, huffmanTable } from './huffman.js';
import { NATURAL_ORDER } from './inverseDct.js';

/** The header of a grey baseline JPEG. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 64 factors, row by row. */
  readonly quantization: Uint8Array;
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
  /** Blocks between two restart markers. 0 if there are none. */
  readonly restartInterval: number;
  /** Offset of the entropy-coded data. */
  readonly scan: number;
}

const SOI = 0xd8;
const SOS = 0xda;
const DQT = 0xdb;
const SOF0 = 0xc0;
const DHT = 0xc4;
const DRI = 0xdd;
const APP0 = 0xe0;
const COM = 0xfe;

/**
 * Reads the segments before the scan (ITU-T T.81, annex B). Skips only segments that can't change the pixels: APP0 (JFIF)
 * and comments. Other application segments may hold an orientation or a colour profile, which are not supported here.
 *
 * @returns `undefined` for anything but a well-formed header of a grey, 8-bit, baseline sequential JPEG.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return undefined;
  const quantizations = new Array<Uint8Array | undefined>(4);
  /** DC tables 0–3, then AC tables 0–3. */
  const tables = new Array<HuffmanTable | undefined>(8);
  let frame: { width: number; height: number; id: number; quantization: number } | undefined;
  let restartInterval = 0;
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const end = at + 2 + 256 * bytes[at + 2] + bytes[at + 3];
    if (end < at + 4 || end > bytes.length) return undefined;
    const segment = bytes.subarray(at + 4, end);
    switch (bytes[at + 1]) {
      case APP0:
      case COM:
        break;
      case DQT:
        if (!readQuantizations(segment, quantizations)) return undefined;
        break;
      case DHT:
        if (!readTables(segment, tables)) return undefined;
        break;
      case DRI:
        if (segment.length !== 2) return undefined;
        restartInterval = 256 * segment[0] + segment[1];
        break;
      case SOF0:
        frame = frame ? undefined : readFrame(segment);
        if (!frame) return undefined;
        break;
      case SOS: {
        // One component, the frame's, with the whole spectrum in one scan.
        const [count, id, selectors, first, last, approximation] = segment;
        if (!frame || segment.length !== 6 || count !== 1 || id !== frame.id) return undefined;
        if (first !== 0 || last !== 63 || approximation !== 0) return undefined;
        const quantization = quantizations[frame.quantization];
        const dc = selectors >> 4 < 4 ? tables[selectors >> 4] : undefined;
        const ac = (selectors & 15) < 4 ? tables[4 + (selectors & 15)] : undefined;
        if (!quantization || !dc || !ac) return undefined;
        return { width: frame.width, height: frame.height, quantization, dc, ac, restartInterval, scan: end };
      }
      default:
        return undefined;
    }
    at = end;
  }
  return undefined;
}

/** Accepts 8 bits per sample and one component. Its sampling factors don't matter, since it is the only one. */
function readFrame(segment: Uint8Array) {
  const [precision, high, low, wide, narrow, components, id, sampling, quantization] = segment;
  if (segment.length !== 9 || precision !== 8 || components !== 1 || quantization > 3) return undefined;
  const [horizontal, vertical] = [sampling >> 4, sampling & 15];
  if (horizontal < 1 || horizontal > 4 || vertical < 1 || vertical > 4) return undefined;
  return { height: 256 * high + low, width: 256 * wide + narrow, id, quantization };
}

function readQuantizations(segment: Uint8Array, quantizations: (Uint8Array | undefined)[]): boolean {
  let at = 0;
  for (; at < segment.length; at += 65) {
    // Factors of two bytes have 1 in the upper half of this byte.
    if (segment[at] > 3 || at + 65 > segment.length) return false;
    const natural = new Uint8Array(64);
    for (let k = 0; k < 64; k++) natural[NATURAL_ORDER[k]] = segment[at + 1 + k];
    quantizations[segment[at]] = natural;
  }
  return true;
}

function readTables(segment: Uint8Array, tables: (HuffmanTable | undefined)[]): boolean {
  for (let at = 0; at < segment.length; ) {
    const [kind, index] = [segment[at] >> 4, segment[at] & 15];
    if (kind > 1 || index > 3 || at + 17 > segment.length) return false;
    const counts = segment.subarray(at + 1, at + 17);
    const codes = counts.reduce((sum: number, count) => sum + count, 0);
    const end = at + 17 + codes;
    const symbols = segment.subarray(at + 17, end);
    if (end > segment.length || codes > 256) return false;
    // The symbols of DC tables are sizes of 0 to 15 bits.
    if (kind === 0 && symbols.some((size) => size > 15)) return false;
    const table = huffmanTable(counts, symbols);
    if (!table) return false;
    tables[4 * kind + index] = table;
    at = end;
  }
  return true;
}
