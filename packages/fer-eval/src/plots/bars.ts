import type { JsonObject } from 'fer-core';
import { frame, INK, nameAxis, seriesScale, type VegaLiteSpec } from './theme.js';

/** Grouped bars: one group per class, one bar per series, with values that are fractions. */
export interface GroupedBars {
  readonly title: string;
  readonly description: string;
  /** Title of the axis of values. */
  readonly valueTitle: string;
  readonly classes: readonly string[];
  /** Each series has k values in 0..1; `null` draws no bar. */
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  /** The largest value on the axis, for charts with a common axis. @default the largest of the series */
  readonly largest?: number;
}

/** Plots horizontal bars with their percentages, grouped by class. */
export function groupedBars(bars: GroupedBars): VegaLiteSpec {
  const { title, description, valueTitle, classes, series } = bars;
  const names = series.map(({ name }) => name);
  const values = series.flatMap(({ name, values }) =>
    classes.flatMap((className, j) =>
      values[j] === null ? [] : [{ class: className, series: name, value: values[j] }],
    ),
  );
  const bar = names.length === 1 ? 18 : 13;
  const largest = bars.largest ?? Math.max(0, ...values.map(({ value }) => value ?? 0));
  // Room on the right for the label of the longest bar.
  const end = Math.min(1.12, 1.12 * Math.max(0.05, largest));
  const position = {
    y: {
      field: 'class',
      type: 'nominal',
      scale: { domain: [...classes], paddingInner: 0.25, paddingOuter: 0.1 },
      axis: nameAxis(classes),
    },
    yOffset: { field: 'series', type: 'nominal', scale: { domain: names } },
  };
  return {
    ...frame(title, description),
    height: classes.length * (names.length * bar + 8),
    data: { values: values as unknown as JsonObject[] },
    layer: [
      {
        mark: 'bar',
        encoding: {
          ...position,
          x: {
            field: 'value',
            type: 'quantitative',
            axis: {
              title: valueTitle,
              format: '.0%',
              tickCount: 4,
              domain: false,
              ticks: false,
              offset: 2,
              // The axis may extend beyond 100 % to fit a label, but its ticks must not.
              ...(end > 1 && { values: [0, 0.25, 0.5, 0.75, 1] }),
            },
            scale: { domain: [0, end] },
          },
          color: {
            field: 'series',
            type: 'nominal',
            scale: seriesScale(names),
            ...(names.length === 1 && { legend: null }),
          },
        },
      },
      {
        mark: { type: 'text', align: 'left', baseline: 'middle', dx: 3, fontSize: 10, color: INK },
        encoding: {
          ...position,
          x: { field: 'value', type: 'quantitative' },
          text: { field: 'value', type: 'quantitative', format: '.1%' },
        },
      },
    ],
  };
}
