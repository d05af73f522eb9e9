import { evaluate, worstMistakes } from 'fer-eval';
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
