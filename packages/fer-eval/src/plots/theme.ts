import type { JsonObject } from 'fer-core';

/** A vega-lite 5 specification, as data: change what you like before rendering it. */
export type VegaLiteSpec = JsonObject;

/**
 * Series colours that people with any colour vision can tell apart, after Okabe & Ito (2008), darkened for white paper.
 * Each is a CSS variable with a fallback, so that a page can swap them for its dark scheme.
 */
export const SERIES_COLORS = [
  'var(--fer-1, #0b69b0)',
  'var(--fer-2, #d15a00)',
  'var(--fer-3, #00845c)',
  'var(--fer-4, #a3478b)',
  'var(--fer-5, #8a6a00)',
  'var(--fer-6, #3b98d4)',
  'var(--fer-7, #5f6368)',
  'var(--fer-8, #7c3f12)',
] as const;

/** Dashes of lines, so that they can be told apart without colour: on, off, on, off, in pixels. */
export const DASHES: readonly (readonly number[])[] = [
  [1, 0],
  [7, 3],
  [2, 2],
  [9, 3, 2, 3],
  [4, 2],
  [12, 4],
  [5, 2, 1, 2, 1, 2],
  [1, 3],
];

/** A light and a dark page. */
export type ColorScheme = 'light' | 'dark';

/** What the CSS variables of the pictures are on each, by the name after `--fer-`. */
export const SCHEMES: Readonly<Record<ColorScheme, Readonly<Record<string, string>>>> = {
  light: {
    ink: '#1f2328',
    muted: '#5b626b',
    grid: '#e3e6ea',
    paper: '#fff',
    heat: '#0a4a86',
    1: '#0b69b0',
    2: '#d15a00',
    3: '#00845c',
    4: '#a3478b',
    5: '#8a6a00',
    6: '#3b98d4',
    7: '#5f6368',
    8: '#7c3f12',
  },
  dark: {
    ink: '#e6e9ed',
    muted: '#a0a8b2',
    grid: '#333a43',
    paper: '#181c22',
    heat: '#63b3f5',
    1: '#5cb0f0',
    2: '#ff9350',
    3: '#35c79c',
    4: '#e298cf',
    5: '#dcb93c',
    6: '#a9d8ff',
    7: '#b4bac2',
    8: '#cf9f78',
  },
};

/** Text. */
export const INK = 'var(--fer-ink, #1f2328)';
/** Text of lesser weight: axis labels. */
export const MUTED = 'var(--fer-muted, #5b626b)';
/** Lines behind the data. */
export const GRID = 'var(--fer-grid, #e3e6ea)';
/** What lies behind the picture. */
export const PAPER = 'var(--fer-paper, #ffffff)';

/** The shade of a cell that is full; others are the same with less opacity. */
export const HEAT = 'var(--fer-heat, #0a4a86)';

/** Width of the drawing area in pixels: fits a phone with its labels, and three to a row on a desk. */
export const PLOT_WIDTH = 240;

/**
 * The frame that all pictures share.
 *
 * @param description - What it shows, for those who can't see it.
 */
export function frame(title: string, description: string): JsonObject {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    title: { text: title, anchor: 'start', frame: 'group', offset: 12 },
    description,
    width: PLOT_WIDTH,
    background: null,
    padding: 4,
    config: {
      aria: false,
      font: 'system-ui, sans-serif',
      title: { color: INK, fontSize: 13, fontWeight: 600 },
      view: { stroke: null },
      axis: {
        labelColor: MUTED,
        titleColor: MUTED,
        titleFontWeight: 'normal',
        labelFontSize: 11,
        titleFontSize: 11,
        gridColor: GRID,
        domainColor: GRID,
        tickColor: GRID,
        labelPadding: 5,
        labelFlush: false,
      },
      legend: {
        orient: 'bottom',
        direction: 'vertical',
        title: null,
        labelColor: INK,
        labelFontSize: 11,
        labelLimit: 300,
        symbolType: 'square',
        symbolSize: 90,
      },
    },
  };
}

/** Characters of a name that an axis shows. */
const LONGEST_NAME = 22;

/** The room in pixels that an axis needs for its longest name. */
export function nameExtent(names: readonly string[]): number {
  return 8 + 5.8 * Math.min(LONGEST_NAME, Math.max(...names.map((name) => name.length)));
}

/** The axis of names on the left: as wide as its longest name needs, alike with and without a canvas to measure it. */
export function nameAxis(names: readonly string[]): JsonObject {
  const extent = nameExtent(names);
  return {
    title: null,
    ticks: false,
    domain: false,
    labelPadding: 6,
    labelColor: INK,
    labelLimit: 0,
    labelExpr: `length(datum.label) > ${LONGEST_NAME} ? slice(datum.label, 0, ${LONGEST_NAME - 1}) + '…' : datum.label`,
    minExtent: extent,
    maxExtent: extent,
  };
}

/** The colours of named series, in their order. */
export function seriesScale(names: readonly string[]): JsonObject {
  return { domain: [...names], range: names.map((_, i) => SERIES_COLORS[i % SERIES_COLORS.length]) };
}
