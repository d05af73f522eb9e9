import { layers } from '@tensorflow/tfjs-layers';
import { isFerError, Random } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx, onnxBackbone } from '../../src/index.js';
import { inspectModel } from '../../src/model/inspectModel.js';
import { decodeModel, encodeModel } from '../../src/model/protobuf.js';
import { foreignModel, value } from '../models.js';
import { apply, backboneOf, noise } from '../networks.js';

const PIXELS = { height: 3, width: 4, channels: 2, values: { scale: 1 } } as const;
const images = noise(2, 6, 6, 1);
let model: Uint8Array;

beforeAll(async () => {
  await useWasm({ threads: 1 });
  const backbone = backboneOf([6, 6, 1], (x) => {
    const maps = apply(layers.conv2d({ filters: 2, kernelSize: 3, activation: 'relu' }), x);
    return apply(layers.dense({ units: 3 }), apply(layers.flatten(), apply(layers.batchNormalization(), maps)));
  });
  model = await exportOnnx(backbone);
  backbone.dispose();
});

const text = (content: string) => new TextEncoder().encode(content);

it.each([
  ['nothing', new Uint8Array(0)],
  ['a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13)],
  ['JSON', text('{"format": "layers-model"}')],
  ['a web page', text('<!doctype html><title>Not found</title>')],
  ['a Git LFS pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n')],
  ['zeros', new Uint8Array(1000)],
  ['a pickle', Uint8Array.of(0x80, 2, 0x7d, 0x71, 0, 0x2e)],
])('refuses %s', async (_, bytes) => {
  await expect(onnxBackbone(bytes)).rejects.toMatchObject({ code: 'CORRUPT', place: { file: 'model.onnx' } });
});

it("refuses onnxruntime's own format, and weights in other files", async () => {
  const other = Uint8Array.of(0x20, 0, 0, 0, ...text('ORTM'), 0, 0, 0, 0);
  await expect(onnxBackbone(other)).rejects.toMatchObject({ code: 'UNSUPPORTED', message: /\.onnx file/ });
  const { graph, ...rest } = decodeModel(foreignModel());
  const initializer = graph!.initializer!.map(({ name, dims }) => ({ name, dims, dataType: 1, dataLocation: 1 }));
  const external = encodeModel({ ...rest, graph: { ...graph, initializer } });
  await expect(onnxBackbone(external)).rejects.toMatchObject({ code: 'UNSUPPORTED', message: /are in another file/ });
});

describe('refuses a model', () => {
  it.each([
    ['without preprocessing', foreignModel(), {}, 'INVALID_ARGUMENT', /preprocessing is missing/],
    ['of other images', foreignModel(), { preprocessing: { ...PIXELS, height: 4 } }, 'INVALID_ARGUMENT', /4×4×2/],
    ['of another layout', foreignModel(), { preprocessing: PIXELS, layout: 'NHWC' }, 'INVALID_ARGUMENT', /as NHWC/],
    ['with an unknown layout', foreignModel(), { preprocessing: PIXELS, layout: 'HWCN' }, 'INVALID_ARGUMENT', /HWCN/],
    ['with an unknown pooling', foreignModel(), { preprocessing: PIXELS, pooling: 'max' }, 'INVALID_ARGUMENT', /max/],
    ['without the tensor', foreignModel(), { preprocessing: PIXELS, output: 'no' }, 'INVALID_ARGUMENT', /"no"/],
    ['of bytes', foreignModel({ inputType: 2 }), { preprocessing: PIXELS }, 'UNSUPPORTED', /type 2/],
    ['of rows', foreignModel({ input: ['batch', 24] }), { preprocessing: PIXELS }, 'UNSUPPORTED', /four axes/],
    ['with a misspelt option', foreignModel(), { preprocesing: PIXELS }, 'INVALID_ARGUMENT', /did you mean/],
  ] as const)('%s', async (_, bytes, options, code, message) => {
    await expect(onnxBackbone(bytes, options as never)).rejects.toMatchObject({ code, message });
  });

  it('of two inputs', async () => {
    const { graph, ...rest } = decodeModel(foreignModel());
    const input = [...graph!.input!, value('mask', ['batch'])];
    const bytes = encodeModel({ ...rest, graph: { ...graph, input } });
    await expect(onnxBackbone(bytes, { preprocessing: PIXELS })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('[pixel_values, mask]'),
    });
  });

  it('that onnxruntime does not know', async () => {
    const { graph, ...rest } = decodeModel(foreignModel());
    const node = graph!.node!.map((each) => ({ ...each, opType: each.opType === 'Conv' ? 'Convolve' : each.opType }));
    const bytes = encodeModel({ ...rest, graph: { ...graph, node } });
    await expect(onnxBackbone(bytes, { preprocessing: PIXELS })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('Convolve'),
    });
  });
});

it('reads back what it writes, to the bit', () => {
  expect(encodeModel(decodeModel(model))).toEqual(model);
});

it('refuses every truncated model, before onnxruntime sees it', () => {
  // The opset and the metadata are at the end: a file without them may still be a valid model.
  const end = model.length - 300;
  for (let length = 0; length < end; length += 7) {
    expect(() => inspectModel(model.subarray(0, length), 'cut'), `${length}`).toThrow(/cut: /);
  }
});

it('either throws a typed error for damage, or runs', async () => {
  const random = new Random('damage');
  const outcomes = new Set<string>();
  for (let i = 0; i < 150; i++) {
    const damaged = model.slice();
    for (let k = 0; k <= i % 3; k++) damaged[random.int(damaged.length)] = random.int(256);
    try {
      const backbone = await onnxBackbone(damaged);
      try {
        await backbone.transform(images);
        outcomes.add('runs');
      } finally {
        backbone.dispose();
      }
    } catch (error) {
      if (!isFerError(error)) throw error;
      outcomes.add(error.code);
    }
  }
  expect([...outcomes].sort()).toEqual(expect.arrayContaining(['CORRUPT', 'UNSUPPORTED', 'runs']));
});
