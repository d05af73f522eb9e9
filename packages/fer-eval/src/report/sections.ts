import { accuracyPlot } from '../plots/accuracyIntervals.js';
import { classDistributionPlot } from '../plots/classDistribution.js';
import { classPiePlot } from '../plots/classPie.js';
import { confusionPlot } from '../plots/confusion.js';
import { errorRatePlot, type NamedEvaluation } from '../plots/errorRates.js';
import { reliabilityPlot } from '../plots/reliability.js';
import { trainingCurvePlot } from '../plots/trainingCurves.js';
import { grid, picture, table } from './elements.js';
import type { ReportFigures } from './figures.js';
import { percent } from './format.js';
import { html, type SafeHtml } from './safeHtml.js';
import { classTable, errorTable, headTable, provenanceRows, splitTable } from './tables.js';

export async function headSection(figures: ReportFigures): Promise<SafeHtml> {
  const { evaluated, heads, test, comparisons } = figures;
  const pictures = evaluated.map((split) => accuracyPlot(on(figures, split), { title: `Accuracy on ${split}` }));
  return html`<h2>Heads compared</h2>
<div class="card">${table(headTable(figures), { sortable: true, chosen: figures.chosen })}</div>
<p class="note">Accuracy with its 95 % Wilson interval; balanced accuracy and macro F1 on ${test}.${
    Object.hasOwn(comparisons, test)
      ? ` Differences in percentage points on ${test}, in pairs, with their bootstrap interval; p from McNemar’s exact test, corrected by Holm.`
      : ''
  } Press a heading to sort.</p>
${heads.length > 1 ? await grid(pictures) : ''}`;
}

export async function errorSection(figures: ReportFigures): Promise<SafeHtml> {
  const { evaluated, test, heads } = figures;
  const order = [test, ...evaluated.filter((split) => split !== test)];
  const pictures = order.map((split) => errorRatePlot(on(figures, split), { title: `Error rate on ${split}` }));
  return html`<h2>Error rate per class</h2>
${await grid(pictures)}
<details><summary>As tables, with precision and recall</summary>
<div class="grid">
<div class="card"><p>Error rate on ${test}</p>${table(errorTable(figures, test), { sortable: true })}</div>
${heads.map(({ name }) => html`<div class="card"><p>${name} on ${test}</p>${table(classTable(figures, name, test))}</div>`)}
</div></details>`;
}

export async function confusionSection(figures: ReportFigures): Promise<SafeHtml> {
  const { evaluated, test } = figures;
  const matrices = (split: string) =>
    grid(on(figures, split).map(({ name, evaluation }) => confusionPlot(evaluation.confusion, { title: name })));
  const others = evaluated.filter((split) => split !== test);
  const more = await Promise.all(
    others.map(async (split) => html`<details><summary>On ${split}</summary>${await matrices(split)}</details>`),
  );
  return html`<h2>Confusion on ${test}</h2>
${await matrices(test)}
${more}`;
}

export async function calibrationSection(figures: ReportFigures): Promise<SafeHtml | ''> {
  const evaluations = on(figures, figures.test);
  const calibrated = evaluations.filter(({ evaluation }) => evaluation.calibration);
  if (calibrated.length === 0) return '';
  const rows = calibrated.map(({ name, evaluation: { calibration, logLoss } }) => [
    { text: name },
    { text: percent(calibration!.expectedError), sort: calibration!.expectedError },
    { text: percent(calibration!.maximumError), sort: calibration!.maximumError },
    { text: logLoss!.toFixed(4), sort: logLoss! },
  ]);
  const columns = ['head', 'expected calibration error', 'largest', 'log loss'];
  return html`<h2>Calibration on ${figures.test}</h2>
<div class="pair">
${await picture(reliabilityPlot(evaluations, { title: 'Right as often as it says?' }))}
<div class="card">${table({ columns, rows }, { sortable: rows.length > 1 })}</div>
</div>`;
}

export async function trainingSection({ history }: ReportFigures): Promise<SafeHtml | ''> {
  if (history.length === 0) return '';
  const pictures = [trainingCurvePlot(history, 'accuracy'), trainingCurvePlot(history, 'loss')];
  return html`<h2>Training</h2>
${await grid(pictures)}
<p class="note">Thin: as measured. Thick: exponentially smoothed, factor 0.9.</p>`;
}

export async function dataSection(figures: ReportFigures): Promise<SafeHtml> {
  return html`<h2>Data</h2>
<div class="pair">
${await picture(classDistributionPlot(figures.classes, figures.splits))}
<div class="card">${table(splitTable(figures))}</div>
</div>
<details><summary>As pies</summary>
${await grid(figures.splits.map((split) => classPiePlot(figures.classes, split)))}
</details>`;
}

export function provenanceSection(figures: ReportFigures): SafeHtml | '' {
  const rows = provenanceRows(figures);
  if (rows.length === 0) return '';
  return html`<h2>How it was made</h2>
<div class="card"><dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></div>`;
}

function on({ heads }: ReportFigures, split: string): NamedEvaluation[] {
  return heads.map(({ name, evaluations }) => ({ name, evaluation: evaluations[split] }));
}
