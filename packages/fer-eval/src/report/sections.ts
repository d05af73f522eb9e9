import { accuracyDomain, accuracyPlot } from '../plots/accuracyIntervals.js';
import { classDistributionPlot } from '../plots/classDistribution.js';
import { classPiePlot } from '../plots/classPie.js';
import { confusionPlot } from '../plots/confusion.js';
import { errorRatePlot } from '../plots/errorRates.js';
import type { NamedEvaluation } from '../plots/plotInput.js';
import { reliabilityPlot } from '../plots/reliability.js';
import { trainingCurvePlot } from '../plots/trainingCurves.js';
import { confusionSentence } from './confusions.js';
import { grid, heading, picture, table } from './elements.js';
import type { ReportFigures } from './figures.js';
import { percent } from './format.js';
import { GLOSSARY } from './glossary.js';
import { html, type SafeHtml } from './safeHtml.js';
import { classTable, errorTable, headTable, provenanceRows, provenanceSummary, splitTable } from './tables.js';

export async function headSection(figures: ReportFigures): Promise<SafeHtml> {
  const { evaluated, heads, test, comparisons, references } = figures;
  const domain = accuracyDomain(
    evaluated.flatMap((split) => on(figures, split)),
    references,
  );
  const pictures = evaluated.map((split) =>
    accuracyPlot(on(figures, split), { title: `Accuracy on ${split}`, domain, references }),
  );
  return html`${heading('heads', 'Heads compared')}
<div class="card">${table(headTable(figures), { sortable: true, chosen: figures.chosen })}</div>
<p class="note">Accuracy with its 95 % Wilson interval; balanced accuracy and macro F1 on ${test}.${
    Object.hasOwn(comparisons, test)
      ? ` Differences in percentage points on ${test}, in pairs, with their bootstrap interval; p from McNemar’s exact test, corrected by Holm.`
      : ''
  } Press a heading to sort.${referenceNote(figures)}</p>
${heads.length > 1 ? await grid(pictures) : ''}`;
}

export async function errorSection(figures: ReportFigures): Promise<SafeHtml> {
  const { evaluated, test, heads } = figures;
  const rates = evaluated.flatMap((split) => on(figures, split)).flatMap(({ evaluation }) => evaluation.perClass);
  const largest = Math.max(0, ...rates.map(({ errorRate }) => errorRate ?? 0));
  const pictures = evaluated.map((split) =>
    errorRatePlot(on(figures, split), { title: `Error rate on ${split}`, largest }),
  );
  return html`${heading('errors', 'Error rate per class')}
${await grid(pictures)}
<details><summary>As tables, with precision and recall</summary>
<div class="tables">
<div class="card"><p>Error rate on ${test}</p>${table(errorTable(figures, test), { sortable: true })}</div>
${heads.map(({ name }) => html`<div class="card"><p>${name} on ${test}</p>${table(classTable(figures, name, test))}</div>`)}
</div></details>`;
}

export async function confusionSection(figures: ReportFigures): Promise<SafeHtml> {
  const { evaluated, test, heads } = figures;
  const matrices = (split: string) =>
    grid(on(figures, split).map(({ name, evaluation }) => confusionPlot(evaluation.confusion, { title: name })));
  const others = evaluated.filter((split) => split !== test);
  const more = await Promise.all(
    others.map(async (split) => html`<details><summary>On ${split}</summary>${await matrices(split)}</details>`),
  );
  return html`${heading('confusion', `Confusion on ${test}`)}
${on(figures, test).map(({ name, evaluation }) => {
  const sentence = confusionSentence(evaluation.confusion);
  return sentence ? html`<p>${heads.length > 1 ? html`<b>${name}</b>: ` : ''}${sentence}</p>` : '';
})}
<p class="note">Rows are the actual classes, columns the predicted ones: percent of the actual class, and below it the number of images.</p>
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
  return html`${heading('calibration', `Calibration on ${figures.test}`)}
<div class="card">${table({ columns, rows }, { sortable: rows.length > 1 })}</div>
<div class="grid below">
${await picture(reliabilityPlot(evaluations, { title: 'Right as often as it says?' }))}
</div>
<p class="note">Bins of confidence with fewer than 10 images are not drawn. On the dashed line confidence and accuracy are equal.</p>`;
}

export async function trainingSection({ history, validation }: ReportFigures): Promise<SafeHtml | ''> {
  if (history.length === 0) return '';
  const pictures = [trainingCurvePlot(history, 'accuracy'), trainingCurvePlot(history, 'loss')];
  const validated = history.some(({ validationAccuracy }) => validationAccuracy !== undefined);
  const notes = [
    ...(validated && validation !== undefined ? [`Validation is ${validation}.`] : []),
    ...(history.length > 20 ? ['Thick: as measured. Thin and dashed: exponentially smoothed, factor 0.9.'] : []),
  ];
  return html`${heading('training', 'Training')}
${await grid(pictures)}
${notes.length > 0 ? html`<p class="note">${notes.join(' ')}</p>` : ''}`;
}

export async function dataSection(figures: ReportFigures): Promise<SafeHtml> {
  return html`${heading('data', 'Data')}
<div class="pair">
${await picture(classDistributionPlot(figures.classes, figures.splits))}
<div class="card">${table(splitTable(figures))}</div>
</div>
<details><summary>As pies</summary>
${await grid(figures.splits.map((split) => classPiePlot(figures.classes, split)))}
</details>`;
}

export function provenanceSection(figures: ReportFigures): SafeHtml | '' {
  const [summary, rows] = [provenanceSummary(figures), provenanceRows(figures)];
  if (summary.length + rows.length === 0) return '';
  const list = (entries: readonly [string, string][]) =>
    html`<div class="card"><dl>${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></div>`;
  return html`${heading('made', 'How it was made')}
${summary.length > 0 ? list(summary) : ''}
${rows.length > 0 ? html`<details><summary>All options and versions</summary>${list(rows)}</details>` : ''}`;
}

/** Explanations of the terms that sections also explain on hover, for people who can't hover. */
export function glossarySection(sections: readonly (SafeHtml | '')[]): SafeHtml | '' {
  const used = Object.entries(GLOSSARY).filter(([name]) =>
    sections.some((section) => section !== '' && section.text.includes(`>${name}</abbr>`)),
  );
  if (used.length === 0) return '';
  return html`${heading('glossary', 'Terms')}
<details><summary>What the terms mean</summary>
<div class="card"><dl class="terms">${used.map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>`)}</dl></div></details>`;
}

/** Explains the reference lines in the charts of accuracies. */
function referenceNote({ references, heads }: ReportFigures): string {
  if (heads.length < 2) return '';
  const marks = references.map(({ name, accuracy, range }) => {
    const around = range ? ` (${percent(range[0], 0)} to ${percent(range[1], 0)})` : '';
    return `${name} ${percent(accuracy, 1)}${around}`;
  });
  return ` Marked in the charts: ${marks.join(', ')}.`;
}

function on({ heads }: ReportFigures, split: string): NamedEvaluation[] {
  return heads.map(({ name, evaluations }) => ({ name, evaluation: evaluations[split] }));
}
