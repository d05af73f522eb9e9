import { evaluate } from 'fer-eval';
import { confusionPlot, renderSvg, trainingCurvePlot } from 'fer-eval/plots';
import { expect, it } from 'vitest';
import { makeCase } from './cases.js';

const { confusion } = evaluate(makeCase(40, 3, 1, 0));

it.each([
  ['confusionPlot', () => confusionPlot(confusion, { normalize: 'rows' as 'true' })],
  ['trainingCurvePlot', () => trainingCurvePlot([], 'error' as 'loss')],
  ['renderSvg', () => renderSvg({}, { scheme: 'black' as 'dark' })],
])('%s refuses a value that its option does not have', async (_, call) => {
  await expect((async () => call())()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});
