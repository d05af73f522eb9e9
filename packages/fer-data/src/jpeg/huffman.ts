/** Codes of up to this many bits are looked up in a table. Longer codes are rare. */
const LOOKUP_BITS = 9;

/** A Huffman code of a JPEG, prepared for decoding. */
export interface HuffmanTable {
  /** For the next 9 bits: 256 × length of the code + its symbol. 0 if the code is longer or invalid. */
  readonly lookup: Uint16Array;
  /** For each length, 1–16: the last code of that length, or −1. */
  readonly last: Int32Array;
  /** For each length: the difference between the index of a symbol and its code. */
  readonly offset: Int32Array;
  readonly symbols: Uint8Array;
}

/**
 * Builds the canonical code of ITU-T T.81, annex C.
 *
 * @param counts - Numbers of codes of 1 to 16 bits.
 * @param symbols - Symbols of all codes, in the order of the codes.
 * @returns `undefined` if there are more codes than their lengths allow, or a code of ones only.
 */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable | undefined {
  const lookup = new Uint16Array(1 << LOOKUP_BITS);
  const last = new Int32Array(17).fill(-1);
  const offset = new Int32Array(17);
  let [code, place] = [0, 0];
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1];
    if (code + count >= 1 << length && count > 0) return undefined;
    offset[length] = place - code;
    if (length <= LOOKUP_BITS) {
      const span = 1 << (LOOKUP_BITS - length);
      for (let i = 0; i < count; i++) {
        lookup.fill((length << 8) | symbols[place + i], (code + i) * span, (code + i + 1) * span);
      }
    }
    if (count > 0) last[length] = code + count - 1;
    place += count;
    code = (code + count) << 1;
  }
  return { lookup, last, offset, symbols };
}

/**
 * Reads the bits of a scan. Beyond the data, at a marker, it returns zeros and sets {@link overrun}: what was read is then
 * invalid.
 */
export class ScanBits {
  readonly #bytes: Uint8Array;
  #at: number;
  /** The lowest `count` bits are the next ones. */
  #bits = 0;
  #count = 0;
  /** How many of them are zeros from beyond the data. */
  #padding = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  /** Whether more bits were read than there are. */
  get overrun(): boolean {
    return this.#count < this.#padding;
  }

  /** Reads the next symbol. Returns −1 for an invalid code. */
  symbol(table: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const found = table.lookup[(this.#bits >>> (this.#count - LOOKUP_BITS)) & ((1 << LOOKUP_BITS) - 1)];
    if (found !== 0) {
      this.#count -= found >> 8;
      return found & 255;
    }
    for (let length = LOOKUP_BITS + 1; length <= 16; length++) {
      const code = (this.#bits >>> (this.#count - length)) & ((1 << length) - 1);
      if (code > table.last[length]) continue;
      this.#count -= length;
      return table.symbols[code + table.offset[length]];
    }
    return -1;
  }

  /** Reads a signed number of `size` bits, 1–15. The lower half of the values are negative (T.81, F.2.2.1). */
  signed(size: number): number {
    if (this.#count < size) this.#fill();
    this.#count -= size;
    const value = (this.#bits >>> this.#count) & ((1 << size) - 1);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }

  /** Skips up to seven bits and a marker. Returns whether the marker was there. */
  marker(code: number): boolean {
    const left = this.#count - this.#padding;
    if (left < 0 || left > 7 || this.#bytes[this.#at] !== 0xff || this.#bytes[this.#at + 1] !== code) return false;
    this.#at += 2;
    this.#count = 0;
    this.#padding = 0;
    return true;
  }

  /** Loads bits until at least 16 are ready. A byte 0xff is followed by a zero byte, or it begins a marker. */
  #fill(): void {
    while (this.#count <= 23) {
      let byte = 0;
      if (this.#at >= this.#bytes.length || (this.#bytes[this.#at] === 0xff && this.#bytes[this.#at + 1] !== 0)) {
        this.#padding += 8;
      } else {
        byte = this.#bytes[this.#at];
        this.#at += byte === 0xff ? 2 : 1;
      }
      this.#bits = (this.#bits << 8) | byte;
      this.#count += 8;
    }
  }
}
