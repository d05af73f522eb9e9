/** Whether an HDF5 file is shorter than its superblock states (format specification, II). */
export function isCutShort(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const position = bytes[8] < 2 ? 40 : 28;
  return position + 8 > bytes.length || sizeAt(view, position) > bytes.length;
}

const SIGNATURE = [0x47, 0x43, 0x4f, 0x4c, 1, 0, 0, 0];
const HEADER = 16;

/**
 * Whether the global heaps of an HDF5 file, which hold its variable-length strings, are well formed (format
 * specification, III.E). A collection is as long as the objects in it, the last of which is the free space. The HDF5
 * library follows these lengths without checks, so a damaged one can cause an infinite loop.
 */
export function globalHeapsAreWhole(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = bytes.indexOf(SIGNATURE[0]); at >= 0; at = bytes.indexOf(SIGNATURE[0], at + 1)) {
    const isHeap = SIGNATURE.every((byte, i) => bytes[at + i] === byte);
    if (isHeap && !isWhole(view, at)) return false;
  }
  return true;
}

function isWhole(view: DataView, start: number): boolean {
  if (start + 2 * HEADER > view.byteLength) return false;
  const end = start + sizeAt(view, start + 8);
  if (end > view.byteLength) return false;
  let at = start + HEADER;
  while (at + HEADER <= end) {
    const isFree = view.getUint16(at, true) === 0;
    const size = sizeAt(view, at + 8);
    if (isFree) return at + size === end;
    // Objects start at multiples of eight bytes.
    at += HEADER + Math.ceil(size / 8) * 8;
  }
  return at <= end;
}

function sizeAt(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
