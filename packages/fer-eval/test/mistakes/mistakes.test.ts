import type { Images } from 'fer-core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { worstMistakes } from '../../src/index.js';
import { mistakesPlot, renderSvg } from '../../src/plots.js';

const classes = ['a', 'b', 'c'];
const actual = [0, 1, 2, 0, 1];
const predicted = [0, 0, 1, 2, 2];
const matrix = (...data: number[]) => ({ data: Float64Array.from(data), rows: 5, columns: 3 });
const probabilities = matrix(1, 0, 0, 0.5, 0.4, 0.1, 0.05, 0.9, 0.05, 0.2, 0.2, 0.6, 0.2, 0.2, 0.6);
const input = { actual, predicted, classes, probabilities };

function noise(height: number, width: number, channels: number): Images {
  const images = Uint8Array.from({ length: 5 * height * width * channels }, (_, i) => (i * i * 31 + i * 7) >> 3);
  return { images, n: 5, height, width, channels };
}
async function decode(face: string) {
  const bytes = Buffer.from(face.slice('data:image/png;base64,'.length), 'base64');
  const { channels, width, height } = await sharp(bytes).metadata();
  // sharp turns grey into RGB unless one channel is asked for.
  const image = channels === 1 ? sharp(bytes).extractChannel(0) : sharp(bytes);
  return { data: await image.raw().toBuffer(), size: [width, height, channels] };
}

describe('worstMistakes', () => {
  it('gives the wrong rows, the surest first, of equal ones the first', async () => {
    const mistakes = await worstMistakes(input, { ids: ['p', 'q', 'r', 's', 't'] });
    expect(mistakes).toEqual([
      { row: 2, id: 'r', actual: 'c', predicted: 'b', sureness: 0.9, measure: 'probability' },
      { row: 3, id: 's', actual: 'a', predicted: 'c', sureness: 0.6, measure: 'probability' },
      { row: 4, id: 't', actual: 'b', predicted: 'c', sureness: 0.6, measure: 'probability' },
      { row: 1, id: 'q', actual: 'b', predicted: 'a', sureness: 0.5, measure: 'probability' },
    ]);
    expect(await worstMistakes(input, { count: 1 })).toHaveLength(1);
  });

  it('goes by the margin of scores where there are no probabilities', async () => {
    const scores = matrix(0, 0, 0, 5, 1, 0, 0, 1, 0, 0, 0, 2, 0, 1, 7);
    const mistakes = await worstMistakes({ actual, predicted, classes, scores });
    expect(mistakes.map(({ row, sureness }) => [row, sureness])).toEqual([
      [4, 6],
      [1, 4],
      [3, 2],
      [2, 1],
    ]);
    expect(mistakes[0].measure).toBe('margin');
  });

  it.each([1, 3])('draws the faces as they are, in %d channels', async (channels) => {
    const images = noise(7, 5, channels);
    const [{ row, face }] = await worstMistakes(input, { images });
    const { data, size } = await decode(face!);
    expect(size).toEqual([5, 7, channels]);
    const bytes = 35 * channels;
    expect([...data]).toEqual([...images.images.subarray(row * bytes, (row + 1) * bytes)]);
  });

  it('draws what explains the mistakes it shows, and those alone', async () => {
    const images = noise(7, 5, 1);
    const asked: [number, number[]][] = [];
    const explain = async (faces: Images, classes: Uint8Array): Promise<Images> => {
      asked.push([faces.n, [...classes]]);
      return { ...faces, images: faces.images.map((value) => 255 - value) };
    };
    const mistakes = await worstMistakes(input, { images, count: 2, explain });
    expect(asked).toEqual([[2, [1, 2]]]);
    for (const { row, explanation } of mistakes) {
      const { data } = await decode(explanation!);
      expect([...data]).toEqual([...images.images.subarray(35 * row, 35 * row + 35)].map((value) => 255 - value));
    }
    const short = async (faces: Images) => ({ ...faces, n: 1, images: faces.images.subarray(0, 35) });
    await expect(worstMistakes(input, { images, explain: short })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(worstMistakes(input, { explain })).resolves.toHaveLength(4); // no faces, nothing to draw on
  });

  it('draws large images smaller, by the mean of their squares', async () => {
    const images = noise(200, 150, 1);
    const [{ row, face }] = await worstMistakes(input, { images });
    const { data, size } = await decode(face!);
    expect(size).toEqual([50, 66, 1]);
    const pixel = (y: number, x: number) => images.images[row * 30000 + y * 150 + x];
    let sum = 0;
    for (let y = 33; y < 36; y++) for (let x = 60; x < 63; x++) sum += pixel(y, x);
    expect(data[11 * 50 + 20]).toBe(Math.round(sum / 9));
  });

  it.each([
    ['neither probabilities nor scores', { ...input, probabilities: undefined }, {}, 'INVALID_ARGUMENT'],
    ['no count', input, { count: 0 }, 'INVALID_ARGUMENT'],
    ['lengths that differ', { ...input, predicted: [0] }, {}, 'INVALID_DATA'],
    ['other images', input, { images: { ...noise(2, 2, 1), n: 4, images: new Uint8Array(16) } }, 'INVALID_DATA'],
    ['images of no picture format', input, { images: noise(2, 2, 2) }, 'INVALID_DATA'],
    ['other ids', input, { ids: ['p'] }, 'INVALID_DATA'],
  ])('refuses %s', async (_, of, options, code) => {
    await expect(worstMistakes(of, options)).rejects.toMatchObject({ code });
  });
});

describe('mistakesPlot', () => {
  it('shows every face with what it is and what it was taken for', async () => {
    const mistakes = await worstMistakes(input, { images: noise(7, 5, 1) });
    const svg = await renderSvg(mistakesPlot(mistakes, { columns: 3 }));
    for (const { face } of mistakes) expect(svg).toContain(` href="${face}"`);
    expect([...svg.matchAll(/>(→ [abc]|\d+ %)<\/text>/g)].map(([, text]) => text).sort()).toEqual(
      ['→ a', '→ b', '→ c', '→ c', '50 %', '60 %', '60 %', '90 %'].sort(),
    );
    expect(() => mistakesPlot([{ ...mistakes[0], face: undefined }])).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});
