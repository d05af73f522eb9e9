import { renderSvg } from '../plots/renderSvg.js';
import type { VegaLiteSpec } from '../plots/theme.js';
import { GLOSSARY } from './glossary.js';
import { type HtmlPart, html, type SafeHtml, trusted } from './safeHtml.js';
import type { Table } from './tables.js';

/** Plots side by side. */
export async function grid(specs: readonly VegaLiteSpec[]): Promise<SafeHtml> {
  // Two or four plots have two per row, other numbers as many as fit.
  const layout = specs.length === 2 || specs.length === 4 ? 'pair' : 'grid';
  return html`<div class="${layout}">${await Promise.all(specs.map(picture))}</div>`;
}

/** A plot under its title. It is not enlarged much, so that its text has the size of the page's text. */
export async function picture({ title, ...spec }: VegaLiteSpec): Promise<SafeHtml> {
  const svg = await renderSvg(spec);
  const width = Number(/ width="([\d.]+)"/.exec(svg)?.[1]);
  const sized = svg.replace('<svg ', () => `<svg style="max-width:${Math.round(width * 1.3)}px" `);
  const caption = (title as { text: string }).text;
  return html`<figure class="card"><figcaption>${caption}</figcaption>${trusted(sized)}</figure>`;
}

/** The heading of a section, which the table of contents links to. */
export function heading(id: string, text: string): SafeHtml {
  return html`<h2 id="${id}">${text}</h2>`;
}

/** A term, with its explanation on hover if it is in the glossary. */
function term(text: string): HtmlPart {
  return Object.hasOwn(GLOSSARY, text) ? html`<abbr title="${GLOSSARY[text]}">${text}</abbr>` : text;
}

/** A table that scrolls sideways if it is too wide. If it is sortable, its headings sort it. */
export function table(
  { columns, rows }: Table,
  options: { readonly sortable?: boolean; readonly chosen?: string } = {},
): SafeHtml {
  const title = (text: string): HtmlPart =>
    options.sortable ? html`<button type="button">${term(text)}</button>` : term(text);
  return html`<div class="scroll" tabindex="0"><table${options.sortable ? trusted(' class="sortable"') : ''}>
<thead><tr>${columns.map((text) => html`<th scope="col">${title(text)}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([
    first,
    ...cells
  ]) => html`<tr${first.text === options.chosen ? trusted(' class="chosen"') : ''}><th scope="row">${first.text}${first.note === undefined ? '' : html`<small>${first.note}</small>`}</th>${cells.map(
    ({ text, note, sort }) =>
      html`<td${sort === undefined ? '' : html` data-sort="${sort}"`}>${text}${note === undefined ? '' : html`<small>${note}</small>`}</td>`,
  )}</tr>
`,
)}</tbody>
</table></div>`;
}
