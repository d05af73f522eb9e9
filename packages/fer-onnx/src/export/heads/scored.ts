import { FerError, type Json, type SavedPart } from 'fer-core';
import type { GraphBuilder, Name } from '../../model/graphBuilder.js';
import type { Features } from '../backbone.js';

/** The outputs of a classifier in the graph: names of tensors [batch, classes]. */
export interface Scored {
  /** As from `decisionFunction`. */
  readonly scores: Name;
  /** As from `predictProba`, if the classifier has it. */
  readonly probabilities?: Name | undefined;
  /** Logarithms of the probabilities, if they are available at higher precision. */
  readonly logarithms?: Name | undefined;
  readonly classes: readonly string[];
}

/** Adds the nodes of one kind of head. */
export type ExportHead = (
  graph: GraphBuilder,
  part: SavedPart,
  features: Features,
  exportInner: (inner: SavedPart, features: Features) => Promise<Scored>,
) => Promise<Scored>;

/** @throws FerError `INVALID_ARGUMENT` if a head was fit on other features than the backbone computes. */
export function checkColumns(kind: string, columns: Json | undefined, features: Features): void {
  if (columns === features.columns) return;
  throw new FerError(
    'INVALID_ARGUMENT',
    `the head (${kind}) takes ${String(columns)} features, the backbone gives ${features.columns}: fit it on this ` +
      "backbone's.",
  );
}

/** Little-endian float64 numbers. */
export function float64s(bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(i * 8, true));
}
