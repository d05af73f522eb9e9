import { breathe, checkOptions, RUN_OPTIONS, type RunOptions } from 'fer-core';
import { type ReportFigures, reportFigures } from './figures.js';
import { count, duration, percent } from './format.js';
import { featureSection, mistakeSection, rankingSection, robustnessSection } from './furtherSections.js';
import type { ReportInput } from './input.js';
import { html, type SafeHtml, trusted } from './safeHtml.js';
import { SCRIPT, SCRIPT_SHA256 } from './script.js';
import {
  calibrationSection,
  confusionSection,
  dataSection,
  errorSection,
  glossarySection,
  headSection,
  provenanceSection,
  trainingSection,
} from './sections.js';
import { STYLE } from './style.js';

/** The name of each section in the table of contents. */
const TITLES: Readonly<Record<string, string>> = {
  heads: 'Heads',
  errors: 'Errors',
  confusion: 'Confusion',
  mistakes: 'Mistakes',
  ranking: 'Ranking',
  calibration: 'Calibration',
  robustness: 'Worse pictures',
  features: 'Features',
  training: 'Training',
  data: 'Data',
  made: 'How it was made',
  glossary: 'Terms',
};

const SECTIONS: readonly ((figures: ReportFigures) => Promise<SafeHtml | ''> | SafeHtml | '')[] = [
  headSection,
  errorSection,
  confusionSection,
  mistakeSection,
  rankingSection,
  calibrationSection,
  robustnessSection,
  featureSection,
  trainingSection,
  dataSection,
  provenanceSection,
];

/**
 * Renders a report as one self-contained HTML document, which opens from disk without network access, in light and dark
 * schemes, on phones and desktops. The same input gives the same document.
 *
 * @throws FerError `INVALID_ARGUMENT` for a part that is not what the report takes, naming it; `INVALID_DATA` if parts
 *   of the input don't match.
 *
 * @example
 * ```ts
 * const heads = [{ name: 'svm', evaluations: { test: evaluation } }];
 * await writeFileAtomic('report.html', await renderReport({ ...run, heads }));
 * ```
 */
export async function renderReport(input: ReportInput, options: RunOptions = {}): Promise<string> {
  checkOptions('renderReport', options, RUN_OPTIONS);
  const figures = reportFigures(input);
  const sections: (SafeHtml | '')[] = [];
  for (const section of SECTIONS) {
    await breathe(options.signal);
    sections.push(await section(figures));
    options.onProgress?.({ kind: 'transform', done: sections.length, total: SECTIONS.length });
  }
  sections.push(glossarySection(sections));
  // The page may only run its own script, and may not fetch anything; its images are embedded.
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${SCRIPT_SHA256}'`;
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
${contents(sections)}
${sections}
</main>
<script>${trusted(SCRIPT)}</script>
</body>
</html>
`.text
  }`;
}

/** Links to the sections that exist. */
function contents(sections: readonly (SafeHtml | '')[]): SafeHtml {
  const ids = sections.flatMap((section) => {
    const id = section === '' ? undefined : /<h2 id="(\w+)">/.exec(section.text)?.[1];
    return id ? [id] : [];
  });
  return html`<nav aria-label="Contents">${ids.map((id) => html`<a href="#${id}">${TITLES[id]}</a>`)}</nav>`;
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
