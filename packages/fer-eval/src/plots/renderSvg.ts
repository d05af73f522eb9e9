import { FerError } from 'fer-core';
import { logger, None, parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { VegaLiteSpec } from './theme.js';

/**
 * Draws a vega-lite specification as an SVG document, in Node without a canvas and in browsers without touching the
 * page.
 *
 * Its colours are CSS variables with fallbacks (`--fer-ink`, `--fer-muted`, `--fer-grid`, `--fer-paper`, `--fer-heat`, `--fer-1` to
 * `--fer-8`): put into a page it takes on the page's scheme, by itself it is drawn for white paper.
 *
 * @throws FerError `INVALID_ARGUMENT` where it is not a specification.
 */
export async function renderSvg(spec: VegaLiteSpec): Promise<string> {
  let svg: string;
  let view: View | undefined;
  try {
    const compiled = compile(spec as unknown as TopLevelSpec, { logger: logger(None) }).spec;
    view = new View(parse(compiled), { renderer: 'none', logger: logger(None) });
    svg = await view.toSVG();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FerError('INVALID_ARGUMENT', `not a vega-lite specification: ${reason}.`, {}, { cause });
  } finally {
    view?.finalize();
  }
  const label =
    typeof spec.description === 'string' ? ` role="img" aria-label="${escapeAttribute(spec.description)}"` : '';
  return slim(svg).replace('<svg ', `<svg font-family="system-ui, sans-serif"${label} `);
}

/** Drops what vega writes and nobody sees: empty groups' frames, repeated fonts and defaults. Halves the file. */
function slim(svg: string): string {
  return svg
    .replace(/<path class="(?:background|foreground)"[^>]*d="(?:M0,0h0v0h0Z)?"[^>]*\/>/g, '')
    .replace(/<[^>]+>/g, (tag) =>
      tag
        .replace(
          / (?:font-family|pointer-events|aria-hidden|aria-roledescription|role|class|xmlns:xlink|version)="[^"]*"/g,
          '',
        )
        .replace(/ (?:opacity="1"|stroke-miterlimit="10")/g, '')
        .replace(/(\d+\.\d\d)\d+/g, '$1'),
    );
}

function escapeAttribute(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
