import { checkOptions, describeValue, FerError } from 'fer-core';
import sharp from 'sharp';
import { renderSvg } from './renderSvg.js';
import type { ColorScheme, VegaLiteSpec } from './theme.js';

/** Options of {@link renderPng}. */
export interface PngOptions {
  /** Pixels of the image per pixel of the specification. @default 2 */
  readonly scale?: number | undefined;
  /** The colour scheme. @default 'light' */
  readonly scheme?: ColorScheme | undefined;
}

/**
 * Renders a vega-lite specification as a PNG file by way of SVG, without native compilation at install time. Text uses
 * the machine's sans-serif font.
 *
 * @throws FerError `INVALID_ARGUMENT` if `spec` is not a specification, or the scale is not above 0 and at most 10.
 *
 * @example
 * ```ts
 * await writeFileAtomic('confusion.png', await renderPng(confusionPlot(evaluation.confusion)));
 * ```
 */
export async function renderPng(spec: VegaLiteSpec, options: PngOptions = {}): Promise<Uint8Array> {
  checkOptions('renderPng', options, ['scale', 'scheme']);
  const { scale = 2, scheme = 'light' } = options;
  if (!(typeof scale === 'number' && scale > 0 && scale <= 10)) {
    throw new FerError('INVALID_ARGUMENT', `scale is ${describeValue(scale)}: give a number above 0 and at most 10.`);
  }
  const svg = await renderSvg(spec, { scheme });
  return new Uint8Array(
    await sharp(Buffer.from(svg), { density: 72 * scale })
      .png()
      .toBuffer(),
  );
}
