import { checkOptions, checkString, FerError, type JsonObject } from 'fer-core';
import { checkWhole } from '../arguments/numbers.js';
import type { Mistake } from '../mistakes/worstMistakes.js';
import { checkMistakes } from './checkResults.js';
import { frame, INK, MUTED, type VegaLiteSpec } from './theme.js';

/** Options of {@link mistakesPlot}. */
export interface MistakesPlotOptions {
  /** @default 'Surest mistakes' */
  readonly title?: string | undefined;
  /** Number of faces in a row. @default 8 */
  readonly columns?: number | undefined;
}

const CELL = { width: 92, height: 122, face: 64 };

/**
 * Plots a contact sheet of mistakes: above each face its actual class, below it the predicted class and the confidence.
 *
 * @throws FerError `INVALID_ARGUMENT` for anything but results of `worstMistakes`, for mistakes without faces (pass the
 *   images to `worstMistakes`), or an invalid option.
 *
 * @example
 * ```ts
 * const mistakes = await worstMistakes({ actual, predicted, classes, probabilities }, { images: test });
 * await writeFileAtomic('mistakes.svg', await renderSvg(mistakesPlot(mistakes)));
 * ```
 */
export function mistakesPlot(mistakes: readonly Mistake[], options: MistakesPlotOptions = {}): VegaLiteSpec {
  checkOptions('mistakesPlot', options, ['title', 'columns']);
  const { title = 'Surest mistakes', columns = 8 } = options;
  checkString('title', title);
  checkMistakes('the mistakes', mistakes);
  checkWhole('columns', columns, 1);
  if (!mistakes.every(({ face }) => face)) {
    throw new FerError('INVALID_ARGUMENT', 'mistakes without faces: give worstMistakes the images.');
  }
  const values = mistakes.map((mistake, i) => ({
    face: mistake.face,
    column: i % columns,
    row: Math.floor(i / columns),
    actual: mistake.actual,
    predicted: `→ ${mistake.predicted}`,
    sureness: surenessText(mistake),
  }));
  const position = {
    x: { field: 'column', type: 'ordinal', axis: null },
    y: { field: 'row', type: 'ordinal', axis: null },
  };
  const text = (field: string, dy: number, mark: JsonObject) => ({
    mark: { type: 'text', dy, fontSize: 10.5, ...mark },
    encoding: { ...position, text: { field, type: 'nominal' } },
  });
  return {
    ...frame(title, `${title}: ${mistakes.length} faces with what they are and what they were taken for.`),
    width: CELL.width * Math.min(columns, Math.max(1, mistakes.length)),
    height: CELL.height * Math.ceil(mistakes.length / columns),
    data: { values: values as unknown as JsonObject[] },
    layer: [
      {
        mark: { type: 'image', width: CELL.face, height: CELL.face },
        encoding: { ...position, url: { field: 'face', type: 'nominal' } },
      },
      text('actual', -40, { color: MUTED }),
      text('predicted', 40, { color: INK, fontWeight: 600 }),
      text('sureness', 53, { color: MUTED }),
    ],
  };
}

/** "97 %", or the lead of the predicted class's score. */
export function surenessText({ sureness, measure }: Mistake): string {
  return measure === 'probability' ? `${Math.round(100 * sureness)} %` : `+${sureness.toPrecision(2)}`;
}
