import { checkChoice, checkOptions, FerError } from 'fer-core';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type ColorScheme, PAPER, SCHEMES, type VegaLiteSpec } from './theme.js';

/** Options of {@link renderSvg}. */
export interface SvgOptions {
  /**
   * The page it is for. `page` leaves the colours to the page it is put into, as CSS variables, on no background; the
   * others are plain colours on their own paper, for programs that know no variables.
   *
   * @default 'page'
   */
  readonly scheme?: 'page' | ColorScheme | undefined;
}

/**
 * Draws a vega-lite specification as an SVG document, in Node without a canvas and in browsers without touching the
 * page.
 *
 * Its colours are CSS variables with fallbacks (`--fer-ink`, `--fer-muted`, `--fer-grid`, `--fer-paper`, `--fer-heat`, `--fer-1` to
 * `--fer-8`): put into a page it takes on the page's scheme, by itself it is drawn for white paper.
 *
 * @throws FerError `INVALID_ARGUMENT` where it is not a specification.
 */
export async function renderSvg(spec: VegaLiteSpec, options: SvgOptions = {}): Promise<string> {
  checkOptions('renderSvg', options, ['scheme']);
  const { scheme = 'page' } = options;
  checkChoice('scheme', scheme, ['page', 'light', 'dark']);
  const paper = scheme === 'page' ? {} : { background: PAPER };
  let svg: string;
  let view: vega.View | undefined;
  try {
    const compiled = compile({ ...spec, ...paper } as unknown as TopLevelSpec, { logger: vega.logger(vega.None) }).spec;
    view = new vega.View(vega.parse(compiled), { renderer: 'none', logger: vega.logger(vega.None) });
    layOut(view);
    svg = await view.toSVG();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FerError('INVALID_ARGUMENT', `not a vega-lite specification: ${reason}.`, {}, { cause });
  } finally {
    view?.finalize();
  }
  const label =
    typeof spec.description === 'string' ? ` role="img" aria-label="${escapeAttribute(spec.description)}"` : '';
  // A replacement by function: a name may hold `$&`, which means something in a replacement by text.
  const drawn = slim(svg).replace('<svg ', () => `<svg font-family="system-ui, sans-serif"${label} `);
  return scheme === 'page' ? drawn : drawn.replace(VARIABLE, (_, name) => SCHEMES[scheme][name]);
}

/** A colour as the pictures have it: a variable with its fallback. */
const VARIABLE = /var\(--fer-(\w+), #[0-9a-f]+\)/g;

/**
 * Runs the layout with our own estimate of text widths: the same with and without a canvas, and closer than vega's own,
 * which takes every letter to be 0.8 em wide and leaves margins that nobody asked for. The run is synchronous, so that
 * no one else's view sees it.
 */
function layOut(view: vega.View): void {
  // Exported by vega, and missing from its types.
  const metrics = (vega as unknown as { textMetrics: { width: (item: TextItem, text: unknown) => number } })
    .textMetrics;
  const before = metrics.width;
  metrics.width = ({ fontSize = 11 }, text) => fontSize * emWidth(String(text ?? ''));
  try {
    view.run();
  } finally {
    metrics.width = before;
  }
}

interface TextItem {
  readonly fontSize?: number;
}

/** The width of a line in ems, on the wide side of the usual sans-serif faces. */
function emWidth(text: string): number {
  let width = 0;
  for (const letter of text)
    width += /[fijlrt.,:;'|! ()[\]-]/.test(letter) ? 0.36 : /[mwMW%@]/.test(letter) ? 0.92 : 0.63;
  return width;
}

/** Characters that no XML document may hold, not even escaped. */
const UNWRITABLE = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu;

/**
 * Drops what vega writes and nobody sees: empty groups' frames, repeated fonts and defaults. That halves the file.
 * Descriptions of marks become titles, which browsers show as tooltips.
 */
function slim(svg: string): string {
  return svg
    .replace(/<path class="(?:background|foreground)"[^>]*d="(?:M0,0h0v0h0Z)?"[^>]*\/>/g, '')
    .replace(UNWRITABLE, '\ufffd')
    .replace(
      /<path [^>]*aria-label="([^"]*)"[^>]*\/>/g,
      (tag, words) => `${tag.slice(0, -2)}><title>${words}</title></path>`,
    )
    .replace(/<[^>]+>/g, (tag) =>
      tag
        .replace(' xlink:href=', ' href=')
        .replace(
          / (?:font-family|pointer-events|aria-hidden|aria-label|aria-roledescription|role|class|xmlns:xlink|version)="[^"]*"/g,
          '',
        )
        .replace(/ (?:opacity="1"|stroke-miterlimit="10")/g, '')
        .replace(/(\d+\.\d\d)\d+/g, '$1'),
    );
}

function escapeAttribute(text: string): string {
  return text.replace(UNWRITABLE, '\ufffd').replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
