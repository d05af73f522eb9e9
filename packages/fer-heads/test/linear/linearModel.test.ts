import type { LinearLayer, SavedPart } from 'fer-core';
import { describe, expect, it } from 'vitest';
import { linearL2SVM, softmax } from '../../src/index.js';
import { linearScores, loadModel, modelFromLayer, modelToLayer, saveModel } from '../../src/linear/linearModel.js';
import { optionsToJson, resolveOptions } from '../../src/linear/options.js';

const layer: LinearLayer = {
  weights: { data: Float32Array.of(1, 2, 3, 4, 5, 6), rows: 3, columns: 2 },
  bias: Float32Array.of(0.5, -0.5),
  classes: ['a', 'b'],
};
const model = modelFromLayer(layer);

describe('a linear model', () => {
  it('scores x · weights + bias', async () => {
    const x = { data: Float32Array.of(1, 0, 0, 0, 1, 0, 1, 1, 1), rows: 3, columns: 3 };
    const { data, rows, columns } = await linearScores(model, x);
    expect([...data, rows, columns]).toEqual([1.5, 1.5, 3.5, 3.5, 9.5, 11.5, 3, 2]);
  });

  it('refuses scores beyond single precision, by row', async () => {
    const x = { data: Float32Array.of(0, 0, 0, 0, 0, 3e38), rows: 2, columns: 3 };
    await expect(linearScores(model, x)).rejects.toMatchObject({ code: 'INVALID_DATA', place: { row: 2 } });
  });

  it('becomes a layer and a saved part, and comes back', () => {
    expect(modelToLayer(model)).toEqual(layer);
    const third = { ...model, weights: Float64Array.from(model.weights, (w) => w / 3) };
    const part = saveModel('some', third, { C: 1 });
    expect(part.config).toEqual({ classes: ['a', 'b'], columns: 3, options: { C: 1 } });
    const bytes = part.files.get('weights.f64') as Uint8Array;
    // Little-endian float64: weights, then the bias.
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    expect([view.getFloat64(0, true), view.getFloat64(48, true), bytes.length]).toEqual([1 / 3, 0.5, 64]);
    expect(loadModel(part)).toEqual(third);
  });

  it.each<[string, Partial<LinearLayer>, RegExp?]>([
    ['one class', { classes: ['a'], bias: new Float32Array(1), weights: { ...layer.weights, rows: 6, columns: 1 } }],
    ['classes named twice', { classes: ['a', 'a'] }],
    ['no features', { weights: { data: new Float32Array(0), rows: 0, columns: 2 } }],
    ['a bias of another length', { bias: new Float32Array(3) }, /3 numbers for a 1×2 matrix/],
    ['weights of another width', { weights: { data: new Float32Array(6), rows: 2, columns: 3 } }, /3 columns for 2/],
    [
      'weights that are not finite',
      { weights: { ...layer.weights, data: new Float32Array(6).fill(Number.NaN) } },
      /layer's weights .* not a finite/,
    ],
    ['a bias that is not finite', { bias: Float32Array.of(0, Number.NaN) }, /biases is not a finite/],
  ])('is not made of a layer with %s', (_, change, message = /./) => {
    expect(() => modelFromLayer({ ...layer, ...change })).toThrow(
      expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringMatching(message) }),
    );
  });

  const saved = saveModel('some', model, {});
  const withConfig = (config: object): SavedPart => ({ ...saved, config: { ...saved.config, ...config } });
  const withBytes = (bytes: Uint8Array): SavedPart => ({ ...saved, files: new Map([['weights.f64', bytes]]) });
  const bytes = saved.files.get('weights.f64') as Uint8Array;
  it.each<[string, SavedPart]>([
    ['without class names', withConfig({ classes: 2 })],
    ['with a class that is no text', withConfig({ classes: ['a', 2] })],
    ['with classes named twice', withConfig({ classes: ['a', 'a'] })],
    ['with one class', withConfig({ classes: ['a'] })],
    ['with no columns', withConfig({ columns: 0 })],
    ['with half a column', withConfig({ columns: 2.5 })],
    ['with columns as text', withConfig({ columns: '3' })],
    ['with more columns than weights', withConfig({ columns: 4 })],
    ['that is cut off', withBytes(bytes.subarray(8))],
    ['with one weight too many', withBytes(new Uint8Array(bytes.length + 8))],
    ['with a weight that is not finite', withBytes(bytes.map((byte, i) => (i < 8 ? 255 : byte)))],
  ])('is not read from a part %s', (_, part) => {
    expect(() => loadModel(part)).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
  });

  it('is read from a view within a larger buffer, with one column', () => {
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(loadModel(withBytes(larger.subarray(3)))).toEqual(model);
    const narrow = modelFromLayer({ ...layer, weights: { data: Float32Array.of(1, 2), rows: 1, columns: 2 } });
    expect(loadModel(saveModel('some', narrow, {}))).toEqual(narrow);
  });
});

describe('the options of linear heads', () => {
  const defaults = { C: 0.01, tolerance: 1e-7, maxIterations: 200, biasScaling: 1, standardise: false };

  it('have the documented defaults', () => {
    expect(resolveOptions({}, 'free')).toEqual({ ...defaults, bias: 'free', classWeight: undefined });
    expect(optionsToJson(resolveOptions({}, 'regularised'))).toEqual({ ...defaults, bias: 'regularised' });
    const given = { C: 2, tolerance: 1e-3, maxIterations: 1, biasScaling: 3, standardise: true } as const;
    for (const bias of ['regularised', 'free', 'none'] as const) {
      for (const classWeight of ['balanced', [1, 2]] as const) {
        expect(optionsToJson(resolveOptions({ ...given, bias, classWeight }, 'free'))).toEqual({
          ...given,
          bias,
          classWeight,
        });
      }
    }
  });

  it.each<[object, string]>([
    [{ C: '1' }, 'C is "1": it must be a finite number above 0'],
    [{ tolerance: -1 }, 'tolerance is -1: it must be a finite number above 0'],
    [{ biasScaling: Number.NaN }, 'biasScaling is NaN'],
    [{ maxIterations: 0 }, 'maxIterations is 0: it must be a whole number from 1'],
    [{ maxIterations: 1.5 }, 'maxIterations is 1.5'],
    [{ bias: 'some' }, 'bias is "some": it must be'],
    [{ standardise: 1 }, 'standardise is 1: it must be true or false'],
    [{ classWeight: 'even' }, 'classWeight is "even": it must be'],
    [{ classWeight: [1, -2] }, 'classWeight[1] is -2'],
    [{ classWeight: new Array(4) }, 'classWeight[0] is undefined'],
    [{ classWeight: null }, 'classWeight is null'],
    [{ C: null }, 'C is null'],
    [{ C: Symbol('C') }, 'C is a symbol'],
    [{ C: Object.create(null) }, 'C is an object'],
    [{ tolerance: null }, 'tolerance is null'],
    [{ maxIterations: null }, 'maxIterations is null'],
    [{ maxIterations: [1] }, 'maxIterations is an array'],
    [{ bias: null }, 'bias is null'],
    [{ standardise: null }, 'standardise is null'],
    [new Map([['C', 1]]), 'the options of a linear head are a Map'],
    [{ c: 1 }, '"c"'],
  ])('refuse %o', (options, message) => {
    for (const make of [linearL2SVM, softmax]) {
      expect(() => make(options)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      expect(() => make(options)).toThrow(message);
    }
  });
});
