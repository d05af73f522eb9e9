import { accuracy, classMetrics, evaluate, normalizeConfusion, worstMistakes } from 'fer-eval';
import { confusionPlot, renderSvg, trainingCurvePlot } from 'fer-eval/plots';
import { renderReport } from 'fer-eval/report';
import { expect, it } from 'vitest';
import { makeCase } from './cases.js';
import { reportInput } from './reportInput.js';

const { confusion } = evaluate(makeCase(40, 3, 1, 0));

it.each([
  ['confusionPlot', () => confusionPlot(confusion, { normalize: 'rows' as 'true' })],
  ['trainingCurvePlot', () => trainingCurvePlot([], 'error' as 'loss')],
  ['renderSvg', () => renderSvg({}, { scheme: 'black' as 'dark' })],
  ['normalizeConfusion', () => normalizeConfusion(confusion, 'rows' as 'true')],
  ['classMetrics', () => classMetrics(confusion, { zeroDivision: Number.NaN as 0 })],
  ['evaluate', () => evaluate(makeCase(40, 3, 1, 0), { zeroDivision: 'warn' as unknown as 0 })],
])('%s refuses a value that its option does not have', async (_, call) => {
  await expect((async () => call())()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

const { probabilities, ...predictions } = makeCase(40, 3, 1, 0);

it.each<[string, () => unknown]>([
  ['evaluate', () => evaluate({ ...predictions, probabilites: probabilities } as typeof predictions)],
  ['worstMistakes', () => worstMistakes({ ...predictions, probabilites: probabilities } as typeof predictions)],
  ['the provenance', async () => renderReport({ ...(await reportInput()), provenance: { sed: 1 } as object })],
])('%s refuses a misspelt name, which would leave something out', async (call, act) => {
  await expect((async () => act())()).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(`${call} has no option`),
  });
});

it.each([['3'], [Number.NaN], [-1], [Number.POSITIVE_INFINITY], [undefined]])(
  'a confusion matrix with a count of %o is refused, naming its place',
  (count) => {
    const counts = [
      [3, 1],
      [count as number, 4],
    ];
    expect(() => accuracy({ classes: ['a', 'b'], counts })).toThrow(
      expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringContaining('row 2, column 1') }),
    );
  },
);
