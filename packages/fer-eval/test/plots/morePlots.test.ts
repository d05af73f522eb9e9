import { build } from 'esbuild';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { hasChromium, openPage } from '../../../../scripts/chromium.js';
import { rankingCurves } from '../../src/index.js';
import { renderPng } from '../../src/node.js';
import {
  classPiePlot,
  featureMapPlot,
  mapFeatures,
  precisionRecallPlot,
  renderSvg,
  robustnessPlot,
  rocPlot,
} from '../../src/plots.js';
import { makeCase } from '../cases.js';
import { robustnessOf } from '../reportInput.js';

const data = makeCase(400, 7, 1, 0);
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
const pie = classPiePlot(['a', 'b'], { name: 'train', counts: [3, 1] });

describe('what the pictures show', () => {
  it('a pie of the shares', async () => {
    const svg = await renderSvg(pie);
    expect(texts(svg)).toEqual(expect.arrayContaining(['a 75.0%', 'b 25.0%', 'Classes of train']));
    expect(JSON.stringify((pie.data as { values: unknown }).values)).toContain('"share":0.75');
    expect(await renderSvg(classPiePlot(['a'], { name: 'none', counts: [0] }))).not.toContain('NaN');
  });

  it('curves of every class with their figures, but for classes that never occur', async () => {
    const curves = rankingCurves(data);
    expect(texts(await renderSvg(rocPlot(curves)))).toContain(`angry ${curves[0].auc!.toFixed(3)}`);
    expect(texts(await renderSvg(precisionRecallPlot(curves)))).toContain(
      `happy ${curves[3].averagePrecision!.toFixed(3)}`,
    );
    const absent = rankingCurves({ ...data, actual: new Uint8Array(400).fill(1) });
    const svg = await renderSvg(precisionRecallPlot(absent));
    expect(texts(svg).filter((text) => /^[a-z]+ [\d.]+$/.test(text))).toEqual(['disgust 1.000']);
    expect(svg).not.toContain('NaN');
  });

  it('robustness, a small picture a corruption', async () => {
    const measured = ['one', 'two'].map((name, h) => ({ name, robustness: robustnessOf(h) }));
    const shown = texts(await renderSvg(robustnessPlot(measured)));
    for (const text of ['blur', 'noise', 'one', 'two']) expect(shown.filter((found) => found === text)).toHaveLength(1);
  });

  it('features in the plane, with names that do not cover one another', async () => {
    const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 4);
    const features = {
      data: Float32Array.from({ length: 80 }, (_, at) => (at % 2 ? (at * 7) % 5 : 0) + [0, 9, 9, 30][(at >> 1) % 4]),
      ...{ rows: 40, columns: 2 },
    };
    const map = await mapFeatures(features, { labels, classes: ['p', 'q', 'r', 's'] });
    expect(JSON.parse(JSON.stringify(map))).toEqual(map);
    const shown = texts(await renderSvg(featureMapPlot(map)));
    const times = (name: string) => shown.filter((text) => text === name).length;
    // Each in the legend, and twice in the picture (paper, then ink) unless it would cover another.
    expect(['p', 'q', 'r', 's'].map(times)).toEqual([3, 3, 1, 3]);
  });
});

describe('colours for a page, and for paper', () => {
  it('are plain on request, on paper of their own', async () => {
    const [page, light, dark] = await Promise.all(
      (['page', 'light', 'dark'] as const).map((scheme) => renderSvg(pie, { scheme })),
    );
    expect(page).toContain('var(--fer-1, #0b69b0)');
    for (const svg of [light, dark]) expect(svg).not.toContain('var(');
    expect(light).toContain('#0b69b0');
    expect(dark).toContain('#5cb0f0');
    expect(dark).toContain('#181c22');
  });
});

describe('renderPng', () => {
  it('draws in Node, at the scale and on the paper asked for', async () => {
    const [one, dark] = await Promise.all([renderPng(pie, { scale: 1 }), renderPng(pie, { scheme: 'dark' })]);
    const small = await sharp(one).raw().toBuffer({ resolveWithObject: true });
    const large = await sharp(dark).raw().toBuffer({ resolveWithObject: true });
    expect(Math.abs(large.info.width - 2 * small.info.width)).toBeLessThanOrEqual(1);
    expect([...small.data.subarray(0, 3)]).toEqual([255, 255, 255]);
    expect([...large.data.subarray(0, 3)]).toEqual([0x18, 0x1c, 0x22]);
    // The first slice's colour is there, many times.
    let blue = 0;
    for (let i = 0; i < small.data.length; i += small.info.channels) {
      if (small.data[i] === 0x0b && small.data[i + 1] === 0x69 && small.data[i + 2] === 0xb0) blue++;
    }
    expect(blue).toBeGreaterThan(5000);
    await expect(renderPng(pie, { scale: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe.skipIf(!hasChromium)('in Chromium (skipped where it is not installed)', () => {
  it('draws live, with tooltips, and stops', async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { classPiePlot, renderSvg, showPlot } from './plots.js';
          const spec = classPiePlot(['a', 'b'], { name: 'train', counts: [3, 1] });
          document.body.style.setProperty('--fer-1', 'rgb(1, 2, 3)');
          const element = document.body.appendChild(document.createElement('div'));
          const plot = await showPlot(element, spec);
          const slice = element.querySelector('svg path[fill^="var(--fer-1"]');
          const shown = { paths: element.querySelectorAll('svg path').length, fill: slice && getComputedStyle(slice).fill };
          plot.dispose();
          const wrong = await showPlot(element, { mark: 'nothing' }).catch(({ code }) => code);
          const svg = await renderSvg(spec);
          await fetch('/result', { method: 'POST', body: JSON.stringify({ ...shown, wrong, svg }) });`,
        resolveDir: new URL('../../src', import.meta.url).pathname,
        loader: 'ts',
      },
      ...{ bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error' },
      tsconfig: new URL('../../../../tsconfig.json', import.meta.url).pathname,
    });
    const result = await openPage<{ fill: string; wrong: string; svg: string }>(outputFiles[0].text);
    expect(result).toMatchObject({ fill: 'rgb(1, 2, 3)', wrong: 'INVALID_ARGUMENT' });
    expect(result.svg).toBe(await renderSvg(pie));
  });
});
