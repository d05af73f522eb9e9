import { reportFigures } from './figures.js';
import type { ReportInput } from './input.js';
import {
  classTable,
  curveTable,
  errorTable,
  headTable,
  mistakeTable,
  provenanceRows,
  provenanceSummary,
  robustnessTable,
  splitTable,
  type Table,
} from './tables.js';

/**
 * Renders the results of a report as Markdown, for a README, a pull request or a model card.
 *
 * @throws FerError `INVALID_ARGUMENT` for a part that is not what the report takes, naming it; `INVALID_DATA` if parts
 *   of the input don't match.
 *
 * @example
 * ```ts
 * const heads = [{ name: 'svm', evaluations: { test: evaluation } }];
 * await writeFileAtomic('report.md', renderMarkdown({ ...run, heads }));
 * ```
 */
export function renderMarkdown(input: ReportInput): string {
  const figures = reportFigures(input);
  const { title, description, summary, test, chosen } = figures;
  const made = [...provenanceSummary(figures), ...provenanceRows(figures)];
  const head = figures.heads.find(({ name }) => name === chosen)!;
  const measured = figures.heads.flatMap(({ name, robustness }) => (robustness ? [{ name, robustness }] : []));
  const sections = [
    `# ${escapeText(title)}`,
    ...(description === undefined ? [] : [escapeText(description)]),
    ...summary.map(escapeText),
    '## Heads',
    table(headTable(figures)),
    `## Error rate per class on ${escapeText(test)}`,
    table(errorTable(figures, test)),
    `## ${escapeText(chosen)} on ${escapeText(test)}`,
    table(classTable(figures, chosen, test)),
    ...(head.curves
      ? [
          `## Ranking of ${escapeText(chosen)} on ${escapeText(test)}`,
          table(curveTable(head.curves, head.evaluations[test])),
        ]
      : []),
    ...(measured.length > 0 ? ['## On worse pictures', table(robustnessTable(measured))] : []),
    ...(head.mistakes?.length
      ? [`## Surest mistakes of ${escapeText(chosen)}`, table(mistakeTable(head.mistakes.slice(0, 10)))]
      : []),
    '## Data',
    table(splitTable(figures)),
    ...(made.length === 0
      ? []
      : ['## How it was made', made.map(([name, value]) => `- ${escapeText(name)}: ${escapeText(value)}`).join('\n')]),
  ];
  return `${sections.join('\n\n')}\n`;
}

function table({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(escapeText)),
    line(columns.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...rows.map((row) =>
      line(row.map(({ text, note }) => escapeText(note === undefined ? text : `${text} (${note})`))),
    ),
  ].join('\n');
}

/** Escapes text, so that nothing in it is interpreted as Markdown or HTML, and removes line breaks. */
function escapeText(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|#~&]/g, (c) => (c === '<' ? '&lt;' : c === '&' ? '&amp;' : `\\${c}`))
    .replace(/\s*[\n\r\u2028\u2029]\s*/g, ' ');
}
