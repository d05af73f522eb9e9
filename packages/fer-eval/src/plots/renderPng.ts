import { checkOptions, FerError } from 'fer-core';
import sharp from 'sharp';
import { renderSvg } from './renderSvg.js';
import type { ColorScheme, VegaLiteSpec } from './theme.js';

/** Options of {@link renderPng}. */
export interface PngOptions {
  /** Pixels of the picture to one of the specification's. @default 2 */
  readonly scale?: number | undefined;
  /** The paper it is drawn on. @default 'light' */
  readonly scheme?: ColorScheme | undefined;
}

/**
 * Draws a vega-lite specification as the bytes of a PNG file, by way of SVG: nothing is compiled on installing. Texts
 * are in the machine's sans-serif face.
 *
 * @throws FerError `INVALID_ARGUMENT` where it is not a specification, or the scale is not above 0 and at most 10.
 *
 * @example
 * ```ts
 * await writeFileAtomic('confusion.png', await renderPng(confusionPlot(evaluation.confusion)));
 * ```
 */
export async function renderPng(spec: VegaLiteSpec, options: PngOptions = {}): Promise<Uint8Array> {
  checkOptions('renderPng', options, ['scale', 'scheme']);
  const { scale = 2, scheme = 'light' } = options;
  if (!(scale > 0 && scale <= 10)) {
    throw new FerError('INVALID_ARGUMENT', `scale is ${scale}: give a number above 0 and at most 10.`);
  }
  const svg = await renderSvg(spec, { scheme });
  return new Uint8Array(
    await sharp(Buffer.from(svg), { density: 72 * scale })
      .png()
      .toBuffer(),
  );
}
