import { type ErrorPlace, FerError } from 'fer-core';

/** A line of text within a buffer, without its line end. `bytes[end]` exists and is the line end. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const LF = 10;
const CR = 13;

/**
 * Splits bytes into lines at LF, CR LF or CR. Lines within a chunk are views of it; only lines that span chunks are
 * copied. A line is valid until the next one is asked for.
 *
 * @param maxLength - Largest allowed length of a line, in bytes.
 * @param place - The place for the error.
 * @throws FerError `INVALID_DATA` for a longer line.
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  maxLength: number,
  place: () => ErrorPlace,
): AsyncGenerator<Line> {
  let kept = new Uint8Array(16384);
  let keptLength = 0;
  let afterCR = false;

  function checkLength(length: number): void {
    if (length > maxLength) {
      throw new FerError(
        'INVALID_DATA',
        `a line is longer than ${maxLength} bytes, but a face needs under 10,000: is this file FER2013?`,
        place(),
      );
    }
  }
  function keep(bytes: Uint8Array): void {
    checkLength(keptLength + bytes.length - 1);
    if (keptLength + bytes.length > kept.length) {
      const larger = new Uint8Array(2 * (keptLength + bytes.length));
      larger.set(kept.subarray(0, keptLength));
      kept = larger;
    }
    kept.set(bytes, keptLength);
    keptLength += bytes.length;
  }

  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    let start = afterCR && chunk[0] === LF ? 1 : 0;
    afterCR = false;
    // The next CR is searched for once, not for every line: most files have none.
    let nextCR = chunk.indexOf(CR, start);
    for (;;) {
      const lf = chunk.indexOf(LF, start);
      if (nextCR >= 0 && nextCR < start) nextCR = chunk.indexOf(CR, start);
      const end = nextCR >= 0 && (lf < 0 || nextCR < lf) ? nextCR : lf;
      if (end < 0) break;
      if (keptLength > 0) {
        keep(chunk.subarray(start, end + 1));
        yield { bytes: kept, start: 0, end: keptLength - 1 };
        keptLength = 0;
      } else {
        checkLength(end - start);
        yield { bytes: chunk, start, end };
      }
      start = end + 1;
      if (end === nextCR) {
        if (start === chunk.length) afterCR = true;
        else if (chunk[start] === LF) start++;
      }
    }
    if (start < chunk.length) keep(chunk.subarray(start));
  }
  if (keptLength > 0) {
    keep(Uint8Array.of(LF));
    yield { bytes: kept, start: 0, end: keptLength - 1 };
  }
}
