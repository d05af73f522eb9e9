import type { JsonObject } from 'fer-core';

/** A vega-lite 5 specification as plain data, which can be modified before rendering. */
export type VegaLiteSpec = JsonObject;

/**
 * Series colours that can be distinguished with any colour vision, after Okabe & Ito (2008), darkened for white paper.
 * Each is a CSS variable with a fallback, so that a page can replace them in its dark scheme.
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

/** Dash patterns of lines, which distinguish them without colour: on, off, on, off, in pixels. */
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

/** The colour scheme of a page. */
export type ColorScheme = 'light' | 'dark';

/** Values of the plots' CSS variables in each scheme, keyed by the name after `--fer-`. */
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
/** Secondary text, such as axis labels. */
export const MUTED = 'var(--fer-muted, #5b626b)';
/** Lines behind the data. */
export const GRID = 'var(--fer-grid, #e3e6ea)';
/** The background of a plot. */
export const PAPER = 'var(--fer-paper, #ffffff)';

/** Colour of a cell with the value 1. Smaller values use less opacity. */
export const HEAT = 'var(--fer-heat, #0a4a86)';

/** Width of the drawing area in pixels: with its labels it fits a phone, and three fit side by side on a desktop. */
export const PLOT_WIDTH = 240;

/**
 * Returns the properties that all plots share.
 *
 * @param description - Describes the plot for people who can't see it.
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

/** How many characters of a name an axis shows. */
const LONGEST_NAME = 22;

/** Returns the space in pixels that an axis needs for its longest name. */
export function nameExtent(names: readonly string[]): number {
  return 8 + 5.8 * Math.min(LONGEST_NAME, Math.max(...names.map((name) => name.length)));
}

/** The axis of names on the left, as wide as its longest name. The width is the same with and without a canvas. */
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

/** Assigns colours to named series, in order. */
export function seriesScale(names: readonly string[]): JsonObject {
  return { domain: [...names], range: names.map((_, i) => SERIES_COLORS[i % SERIES_COLORS.length]) };
}

/**
 * A name by which Vega can group marks. It keeps groups in a plain object, where a name that every object has, such as
 * `constructor`, is taken for a group that is there: such a name gets a zero-width space, which isn't seen.
 */
export function groupName(name: string): string {
  return name in {} ? `\u200b${name}` : name;
}
