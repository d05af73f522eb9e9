import type { ClassCurves } from '../metrics/rankingCurves.js';
import type { Mistake } from '../mistakes/worstMistakes.js';
import { featureMapPlot } from '../plots/featureMap.js';
import { surenessText } from '../plots/mistakes.js';
import { precisionRecallPlot, rocPlot } from '../plots/rankingCurves.js';
import { robustnessPlot } from '../plots/robustness.js';
import { grid, heading, picture, table } from './elements.js';
import type { ReportFigures } from './figures.js';
import { count } from './format.js';
import type { ReportHead } from './input.js';
import { html, type SafeHtml } from './safeHtml.js';
import { curveTable, robustnessTable, strengthTable } from './tables.js';

/** The most confident mistakes of the chosen head; those of the other heads are collapsed. */
export function mistakeSection(figures: ReportFigures): SafeHtml | '' {
  const shown = chosenFirst(figures).filter(({ mistakes }) => mistakes?.some(({ face }) => face));
  if (shown.length === 0) return '';
  const [first, ...others] = shown;
  const explained = first.mistakes!.some(({ explanation }) => explanation);
  return html`${heading('mistakes', `Surest mistakes on ${figures.test}`)}
<p>Where ${first.name} was wrong and surest of it: above each face its label, below it the prediction and how sure it was.${
    explained ? ' Beside it what the prediction rests on (Grad-CAM): the redder, the more.' : ''
  }</p>
<div class="card">${faces(first.mistakes!)}</div>
${others.map(({ name, mistakes }) => html`<details><summary>Of ${name}</summary><div class="card">${faces(mistakes!)}</div></details>`)}`;
}

function faces(mistakes: readonly Mistake[]): SafeHtml {
  const wide = mistakes.some(({ explanation }) => explanation);
  return html`<div class="${wide ? 'faces wide' : 'faces'}">${mistakes.map((mistake) =>
    mistake.face === undefined
      ? ''
      : html`<figure title="${mistake.id ?? `row ${mistake.row + 1}`}"><span>${mistake.actual}</span><div><img src="${mistake.face}" alt="${mistake.actual}, taken for ${mistake.predicted}">${
          mistake.explanation === undefined
            ? ''
            : html`<img src="${mistake.explanation}" alt="What the prediction rests on">`
        }</div><figcaption>${mistake.predicted}<small>${surenessText(mistake)}</small></figcaption></figure>`,
  )}</div>`;
}

/** ROC and precision-recall curves of the chosen head, or of the first head that has them. */
export async function rankingSection(figures: ReportFigures): Promise<SafeHtml | ''> {
  const shown = chosenFirst(figures).filter(({ curves }) => curves);
  if (shown.length === 0) return '';
  const pictures = (curves: readonly ClassCurves[]) => grid([rocPlot(curves), precisionRecallPlot(curves)]);
  const [first, ...others] = shown;
  const more = await Promise.all(
    others.map(
      async ({ name, curves }) => html`<details><summary>Of ${name}</summary>${await pictures(curves!)}</details>`,
    ),
  );
  return html`${heading('ranking', `Ranking of ${first.name} on ${figures.test}`)}
${await pictures(first.curves!)}
<details><summary>As a table</summary>
<div class="card">${table(curveTable(first.curves!, first.evaluations[figures.test]), { sortable: true })}</div></details>
${more}`;
}

/** Accuracy under corruptions: a plot of all heads, the means, and the chosen head by strength. */
export async function robustnessSection(figures: ReportFigures): Promise<SafeHtml | ''> {
  const measured = chosenFirst(figures).flatMap(({ name, robustness }) => (robustness ? [{ name, robustness }] : []));
  if (measured.length === 0) return '';
  // The plot keeps the order of the heads, so that each has the same colour as in other plots.
  const drawn = figures.heads.flatMap(({ name, robustness }) => (robustness ? [{ name, robustness }] : []));
  const [{ name, robustness }] = measured;
  return html`${heading('robustness', 'On worse pictures')}
<div class="pair">
${await picture(robustnessPlot(drawn, { title: 'Accuracy by strength; 0 is clean', columns: drawn.length > 2 ? 4 : 2 }))}
${drawn.length > 2 ? '' : html`<div class="card">${table(robustnessTable(drawn), { sortable: true })}</div>`}
</div>
${drawn.length > 2 ? html`<div class="card below">${table(robustnessTable(drawn), { sortable: true })}</div>` : ''}
<p class="note">${count(robustness.n)} images, corrupted with seed ${robustness.seed}; of each corruption the mean over its strengths.</p>
<details><summary>${name} by strength</summary>
<div class="card">${table(strengthTable(robustness), { sortable: true })}</div>
<p class="note">In small print the level that a strength stands for.</p></details>`;
}

/** The map of the features. */
export async function featureSection({ featureMap }: ReportFigures): Promise<SafeHtml | ''> {
  if (!featureMap) return '';
  const { n, points } = featureMap;
  return html`${heading('features', 'Features')}
${await picture(featureMapPlot(featureMap, { title: 'In the plane in which they differ most' }))}
<p class="note">${points.length < n ? `${count(points.length)} of ${count(n)} images, chosen at random` : `${count(n)} images`}. Names stand at the means of their classes, where there is room.</p>`;
}

function chosenFirst({ heads, chosen }: ReportFigures): ReportHead[] {
  return [...heads].sort((a, b) => Number(b.name === chosen) - Number(a.name === chosen));
}
