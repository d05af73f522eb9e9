import { accuracyPlot } from '../plots/accuracyIntervals.js';
import { classDistributionPlot } from '../plots/classDistribution.js';
import { confusionPlot } from '../plots/confusion.js';
import { errorRatePlot, type NamedEvaluation } from '../plots/errorRates.js';
import { reliabilityPlot } from '../plots/reliability.js';
import { renderSvg } from '../plots/renderSvg.js';
import type { VegaLiteSpec } from '../plots/theme.js';
import { trainingCurvePlot } from '../plots/trainingCurves.js';
import { type ReportFigures, reportFigures } from './figures.js';
import { count, duration, percent } from './format.js';
import type { ReportInput } from './input.js';
import { type HtmlPart, html, type SafeHtml, trusted } from './safeHtml.js';
import { SCRIPT, SCRIPT_SHA256 } from './script.js';
import { STYLE } from './style.js';
import { classTable, errorTable, headTable, provenanceRows, splitTable, type Table } from './tables.js';

/**
 * Renders a report as one HTML document that needs nothing else: no network, opens from disk, light and dark, on a
 * phone and on a desk. The same input gives the same text.
 *
 * @throws FerError `INVALID_DATA` where parts of the input don't fit together.
 *
 * @example
 * ```ts
 * await writeFileAtomic('report.html', await renderReport({ title, classes, splits, history, heads, provenance }));
 * ```
 */
export async function renderReport(input: ReportInput): Promise<string> {
  const figures = reportFigures(input);
  const sections = await Promise.all([
    headSection(figures),
    errorSection(figures),
    confusionSection(figures),
    calibrationSection(figures),
    trainingSection(figures),
    dataSection(figures),
  ]);
  // The page may run its own script and nothing else, and may fetch nothing at all.
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${SCRIPT_SHA256}'`;
  return `${
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${figures.title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
<h1>${figures.title}</h1>
${figures.description === undefined ? '' : html`<p class="lead">${figures.description}</p>`}
${tiles(figures)}
${figures.summary.map((sentence) => html`<p>${sentence}</p>`)}
${sections}
${provenanceSection(figures)}
</main>
<script>${trusted(SCRIPT)}</script>
</body>
</html>
`.text
  }`;
}

function tiles({ chosen, heads, test, history }: ReportFigures): SafeHtml {
  const head = heads.find(({ name }) => name === chosen)!;
  const { accuracy, balancedAccuracy, macro, n } = head.evaluations[test];
  const seconds = history.reduce((total, epoch) => total + epoch.seconds, 0);
  const all: [string, string][] = [
    [percent(accuracy), `accuracy on ${test}`],
    [percent(balancedAccuracy), 'balanced accuracy'],
    [macro.f1.toFixed(3), 'macro F1'],
    [count(n), `images of ${test}`],
    ...(head.fit ? [[duration(head.fit.seconds), `to fit ${chosen}`] as [string, string]] : []),
    ...(seconds > 0 ? [[duration(seconds), `to train ${history.length} epochs`] as [string, string]] : []),
  ];
  return html`<div class="tiles">${all.map(([value, label]) => html`<div class="tile"><b>${value}</b><span>${label}</span></div>`)}</div>`;
}

async function headSection(figures: ReportFigures): Promise<SafeHtml> {
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

async function errorSection(figures: ReportFigures): Promise<SafeHtml> {
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

async function confusionSection(figures: ReportFigures): Promise<SafeHtml> {
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

async function calibrationSection(figures: ReportFigures): Promise<SafeHtml | ''> {
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
<div class="card">${table({ columns, rows })}</div>
</div>`;
}

async function trainingSection({ history }: ReportFigures): Promise<SafeHtml | ''> {
  if (history.length === 0) return '';
  const pictures = [trainingCurvePlot(history, 'accuracy'), trainingCurvePlot(history, 'loss')];
  return html`<h2>Training</h2>
${await grid(pictures)}
<p class="note">Thin: as measured. Thick: exponentially smoothed, factor 0.9.</p>`;
}

async function dataSection(figures: ReportFigures): Promise<SafeHtml> {
  return html`<h2>Data</h2>
<div class="pair">
${await picture(classDistributionPlot(figures.classes, figures.splits))}
<div class="card">${table(splitTable(figures))}</div>
</div>`;
}

function provenanceSection(figures: ReportFigures): SafeHtml | '' {
  const rows = provenanceRows(figures);
  if (rows.length === 0) return '';
  return html`<h2>How it was made</h2>
<div class="card"><dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></div>`;
}

function on({ heads }: ReportFigures, split: string): NamedEvaluation[] {
  return heads.map(({ name, evaluations }) => ({ name, evaluation: evaluations[split] }));
}

async function grid(specs: readonly VegaLiteSpec[]): Promise<SafeHtml> {
  // Two and four fill rows of two, others rows of as many as fit.
  const layout = specs.length === 2 || specs.length === 4 ? 'pair' : 'grid';
  return html`<div class="${layout}">${await Promise.all(specs.map(picture))}</div>`;
}

/** A picture under its title; never much larger than it was made, so that its print stays that of the page. */
async function picture({ title, ...spec }: VegaLiteSpec): Promise<SafeHtml> {
  const svg = await renderSvg(spec);
  const width = Number(/ width="([\d.]+)"/.exec(svg)?.[1]);
  const sized = svg.replace('<svg ', `<svg style="max-width:${Math.round(width * 1.3)}px" `);
  const caption = (title as { text: string }).text;
  return html`<figure class="card"><figcaption>${caption}</figcaption>${trusted(sized)}</figure>`;
}

function table(
  { columns, rows }: Table,
  options: { readonly sortable?: boolean; readonly chosen?: string } = {},
): SafeHtml {
  const heading = (text: string): HtmlPart => (options.sortable ? html`<button type="button">${text}</button>` : text);
  return html`<div class="scroll"><table${options.sortable ? trusted(' class="sortable"') : ''}>
<thead><tr>${columns.map((text) => html`<th scope="col">${heading(text)}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([
    first,
    ...cells
  ]) => html`<tr${first.text === options.chosen ? trusted(' class="chosen"') : ''}><th scope="row">${first.text}</th>${cells.map(
    ({ text, note, sort }) =>
      html`<td${sort === undefined ? '' : html` data-sort="${sort}"`}>${text}${note === undefined ? '' : html`<small>${note}</small>`}</td>`,
  )}</tr>
`,
)}</tbody>
</table></div>`;
}
