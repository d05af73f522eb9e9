import { FerError } from 'fer-core';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { VegaLiteSpec } from './theme.js';

/** A picture that is live in a page. */
export interface ShownPlot {
  /** Ends it, before its element goes. */
  dispose(): void;
}

/**
 * Draws a specification into an element of a page, live: with tooltips, and with whatever interaction the specification
 * asks for. The colours are the page's, as in `renderSvg`.
 *
 * @param element - What it held before is replaced.
 * @throws FerError `INVALID_ARGUMENT` where it is not a specification.
 */
export async function showPlot(element: HTMLElement, spec: VegaLiteSpec): Promise<ShownPlot> {
  const config = { ...(spec.config as object | undefined), mark: { tooltip: { content: 'encoding' } } };
  try {
    const compiled = compile({ ...spec, config } as unknown as TopLevelSpec, { logger: vega.logger(vega.None) }).spec;
    const view = new vega.View(vega.parse(compiled), {
      renderer: 'svg',
      container: element,
      hover: true,
      logger: vega.logger(vega.None),
    });
    await view.runAsync();
    return { dispose: () => void view.finalize() };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FerError('INVALID_ARGUMENT', `not a vega-lite specification: ${reason}.`, {}, { cause });
  }
}
