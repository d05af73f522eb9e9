import { renderSvg } from '../plots/renderSvg.js';
import type { VegaLiteSpec } from '../plots/theme.js';
import { GLOSSARY } from './glossary.js';
import { type HtmlPart, html, type SafeHtml, trusted } from './safeHtml.js';
import type { Table } from './tables.js';

/** Pictures side by side. */
export async function grid(specs: readonly VegaLiteSpec[]): Promise<SafeHtml> {
  // Two and four fill rows of two, others rows of as many as fit.
  const layout = specs.length === 2 || specs.length === 4 ? 'pair' : 'grid';
  return html`<div class="${layout}">${await Promise.all(specs.map(picture))}</div>`;
}

/** A picture under its title; never much larger than it was made, so that its print stays that of the page. */
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

/** A term with its explanation on hover, where the glossary has it. */
function term(text: string): HtmlPart {
  return Object.hasOwn(GLOSSARY, text) ? html`<abbr title="${GLOSSARY[text]}">${text}</abbr>` : text;
}

/** A table that scrolls sideways where it must; headings sort it where it says so. */
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
