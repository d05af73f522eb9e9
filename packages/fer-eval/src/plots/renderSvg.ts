import { checkChoice, checkObject, checkOptions, FerError } from 'fer-core';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { type ColorScheme, PAPER, SCHEMES, type VegaLiteSpec } from './theme.js';

/** Options of {@link renderSvg}. */
export interface SvgOptions {
  /**
   * The colour scheme. `'page'` writes CSS variables, so that the page that contains the SVG defines the colours,
   * without a background. The others write plain colours and a background, for programs that don't support variables.
   *
   * @default 'page'
   */
  readonly scheme?: 'page' | ColorScheme | undefined;
}

/**
 * Renders a vega-lite specification as an SVG document. This needs no canvas in Node, and doesn't touch the page in
 * browsers.
 *
 * Its colours are CSS variables with fallbacks (`--fer-ink`, `--fer-muted`, `--fer-grid`, `--fer-paper`, `--fer-heat`,
 * `--fer-1` to `--fer-8`): inside a page it uses the page's scheme, on its own it is drawn for white paper.
 *
 * @throws FerError `INVALID_ARGUMENT` if `spec` is not a specification.
 *
 * @example
 * ```ts
 * const plot = confusionPlot(evaluation.confusion);
 * await writeFileAtomic('confusion.svg', await renderSvg(plot)); // in a page it takes on the page's colours
 * await writeFileAtomic('confusion-dark.svg', await renderSvg(plot, { scheme: 'dark' }));
 * ```
 */
export async function renderSvg(spec: VegaLiteSpec, options: SvgOptions = {}): Promise<string> {
  checkOptions('renderSvg', options, ['scheme']);
  const { scheme = 'page' } = options;
  checkChoice('scheme', scheme, ['page', 'light', 'dark']);
  checkObject('the specification', spec, 'give a plot');
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
  // A function, because a name may contain `$&`, which has a special meaning in a replacement string.
  const drawn = slim(svg).replace('<svg ', () => `<svg font-family="system-ui, sans-serif"${label} `);
  return scheme === 'page' ? drawn : drawn.replace(VARIABLE, (_, name) => SCHEMES[scheme][name]);
}

/** A colour as the plots write it: a variable with a fallback. */
const VARIABLE = /var\(--fer-(\w+), #[0-9a-f]+\)/g;

/**
 * Runs the layout with our own estimate of text widths. It gives the same result with and without a canvas, and is more
 * accurate than vega's estimate, which assumes 0.8 em per letter and therefore leaves wide margins. The run is
 * synchronous, so that it doesn't affect other views.
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

/** Returns the width of a line in ems, slightly overestimated for common sans-serif fonts. */
function emWidth(text: string): number {
  let width = 0;
  for (const letter of text)
    width += /[fijlrt.,:;'|! ()[\]-]/.test(letter) ? 0.36 : /[mwMW%@]/.test(letter) ? 0.92 : 0.63;
  return width;
}

/** Characters that are not allowed in XML documents, even escaped. */
const UNWRITABLE = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu;

/**
 * Removes parts of vega's output that have no visible effect: frames of empty groups, repeated fonts and defaults. This
 * halves the file. Descriptions of marks become titles, which browsers show as tooltips.
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
