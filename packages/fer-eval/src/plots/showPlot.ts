import { checkObject, describeValue, FerError } from 'fer-core';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { VegaLiteSpec } from './theme.js';

/** An interactive plot in a page. */
export interface ShownPlot {
  /** Ends the plot. Call this before removing its element. */
  dispose(): void;
}

/**
 * Draws a specification into an element of a page, with tooltips and any other interaction that the specification
 * defines. The colours are those of the page, as in `renderSvg`.
 *
 * @param element - Its previous content is replaced.
 * @throws FerError `INVALID_ARGUMENT` if `spec` is not a specification.
 *
 * @example
 * ```ts
 * const plot = await showPlot(document.querySelector<HTMLElement>('#plot')!, confusionPlot(evaluation.confusion));
 * plot.dispose(); // when the page no longer shows it
 * ```
 */
export async function showPlot(element: HTMLElement, spec: VegaLiteSpec): Promise<ShownPlot> {
  checkObject('the specification', spec, 'give a plot');
  if (typeof document === 'undefined') {
    throw new FerError('UNSUPPORTED', 'there is no page here: in Node, use renderSvg or renderPng.');
  }
  if (!(element instanceof HTMLElement)) {
    throw new FerError('INVALID_ARGUMENT', `the element is ${describeValue(element)}: give one of the page.`);
  }
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
