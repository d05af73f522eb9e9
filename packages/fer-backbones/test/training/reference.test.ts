import { readFileSync } from 'node:fs';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { Classifier, Dataset, FeatureMatrix, Images, LinearLayer, SavedPart } from 'fer-core';
import { Random } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LayersBackbone, type Loss, type Optimizer, sgd, type TrainOptions } from '../../src/index.js';
import { buildNetwork } from '../../src/network/network.js';

interface Case {
  readonly options: {
    readonly loss: Loss;
    readonly soft: boolean;
    readonly temperature?: number;
    readonly weight?: number;
  } & Pick<TrainOptions, 'labelSmoothing' | 'learningRate' | 'clipNorm' | 'emaDecay'> & { classWeight?: number[] };
  readonly steps: readonly {
    readonly loss: number;
    readonly norm: number;
    readonly accuracy: number;
    readonly validationLoss: number;
    readonly validationAccuracy: number;
  }[];
  readonly weights: Readonly<Record<string, number[]>>;
}

/** Six steps of one batch each, in double precision by PyTorch: see fixtures/training.py. */
const reference = JSON.parse(readFileSync(new URL('fixtures/training.json', import.meta.url), 'utf8')) as {
  readonly n: number;
  readonly size: number;
  readonly images: number[];
  readonly labels: number[];
  readonly soft: number[];
  readonly teacher: number[];
  readonly initial: Readonly<Record<string, number[]>>;
  readonly cases: Readonly<Record<string, Case>>;
};

const { n, size, initial } = reference;
const faces: Dataset = {
  images: Uint8Array.from(reference.images),
  labels: Uint8Array.from(reference.labels),
  n,
  height: size,
  width: size,
  channels: 1,
  classes: ['a', 'b', 'c'],
};

/** Knows the images by their pixels; a class that uses `this`, as users' teachers may. */
class Teacher implements Classifier<Images> {
  readonly classes = faces.classes;
  readonly #answers = new Map<string, number[]>();

  constructor() {
    const pixels = size * size;
    for (let i = 0; i < n; i++) {
      const image = faces.images.subarray(i * pixels, (i + 1) * pixels);
      this.#answers.set(image.join(), reference.teacher.slice(i * 3, i * 3 + 3));
    }
  }

  async predictProba(x: Images): Promise<FeatureMatrix> {
    const pixels = size * size;
    const rows = Array.from(
      { length: x.n },
      (_, i) => this.#answers.get(x.images.subarray(i * pixels, (i + 1) * pixels).join())!,
    );
    return { data: Float32Array.from(rows.flat()), rows: x.n, columns: 3 };
  }

  decisionFunction(): Promise<FeatureMatrix> {
    throw new Error('predictProba is there');
  }
  fit(): never {
    throw new Error('not used');
  }
  predict(): never {
    throw new Error('not used');
  }
  async serialize(): Promise<SavedPart> {
    return { kind: 'teacher', config: {}, files: new Map() };
  }
  dispose(): void {}
}

/** Logits whose softmax is the teacher's distribution. */
class LogitTeacher extends Teacher {
  override readonly predictProba = undefined as never;
  override async decisionFunction(x?: Images): Promise<FeatureMatrix> {
    const { data, rows, columns } = await super.predictProba(x!);
    return { data: data.map((p) => Math.log(p) + 5), rows, columns };
  }
}

function begin(): { backbone: LayersBackbone; layer: LinearLayer } {
  const input = { height: size, width: size, channels: 1, values: 'scale' } as const;
  const model = buildNetwork(
    [{ conv: 4, relu: true }, 'batchNorm', { pool: 2 }, 'flatten', { dense: 5, relu: true }],
    input,
    new Random(0),
  );
  const numbers = [
    initial['conv/kernel'],
    initial['conv/bias'],
    initial['batch_norm/gamma'],
    initial['batch_norm/beta'],
    [0, 0, 0, 0],
    [1, 1, 1, 1],
    initial['dense/kernel'],
    initial['dense/bias'],
  ];
  // In the order of the layers, unlike the model's own, which puts what trains first.
  let at = 0;
  for (const layer of model.layers) {
    tf.tidy(() => layer.setWeights(layer.getWeights().map(({ shape }) => tf.tensor(numbers[at++], shape))));
  }
  const weights = { data: Float32Array.from(initial['top/kernel']), rows: 5, columns: 3 };
  const layer = { weights, bias: Float32Array.from(initial['top/bias']), classes: faces.classes };
  return { backbone: new LayersBackbone('reference', model, input), layer };
}

/** SGD that also notes the length of all gradients of each step. */
function noting(norms: number[]): Optimizer {
  const plain = sgd();
  const squares: number[] = [];
  return {
    ...plain,
    update(weight, gradient, slots, options) {
      if (squares.length > options.step)
        squares[options.step] += tf.tidy(() => tf.sum(tf.square(gradient)).dataSync()[0]);
      else squares.push(tf.tidy(() => tf.sum(tf.square(gradient)).dataSync()[0]));
      norms.splice(0, norms.length, ...squares.map(Math.sqrt));
      plain.update(weight, gradient, slots, options);
    },
  };
}

async function train({ soft, temperature, weight, ...options }: Case['options'], teacher: Classifier<Images>) {
  const data = soft ? { ...faces, soft: Float32Array.from(reference.soft) } : faces;
  const { backbone, layer } = begin();
  const norms: number[] = [];
  try {
    const { history } = await backbone.fit(data, {
      ...options,
      epochs: 6,
      batchSize: n,
      optimizer: noting(norms),
      layer,
      validation: data,
      distillation: temperature === undefined ? undefined : { teacher, temperature, weight },
    });
    const [conv, bias, gamma, beta, mean, variance, kernel, denseBias] = backbone.model.layers.flatMap((each) =>
      each.getWeights().map((tensor) => Array.from(tensor.dataSync())),
    );
    const weights = {
      'conv/kernel': conv,
      'conv/bias': bias,
      'batch_norm/gamma': gamma,
      'batch_norm/beta': beta,
      'dense/kernel': kernel,
      'dense/bias': denseBias,
      'top/kernel': Array.from(backbone.layer!.weights.data),
      'top/bias': Array.from(backbone.layer!.bias),
      mean,
      variance,
    };
    return { history, norms, weights };
  } finally {
    backbone.dispose();
  }
}

beforeAll(() => useWasm({ threads: 1 }));
afterAll(() => void tf.setBackend('wasm'));

describe.each(['wasm', 'cpu'])('fit on %s is what PyTorch computes with', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  it.each(Object.keys(reference.cases))('%s', async (name) => {
    const { options, steps, weights } = reference.cases[name];
    const teachers = options.temperature === undefined ? [new Teacher()] : [new Teacher(), new LogitTeacher()];
    for (const teacher of teachers) {
      const trained = await train(options, teacher);
      for (const [i, step] of steps.entries()) {
        const { loss, accuracy, validationLoss, validationAccuracy } = trained.history[i];
        expect(loss / step.loss).toBeCloseTo(1, 3);
        expect(accuracy).toBeCloseTo(step.accuracy, 10);
        expect(validationLoss! / step.validationLoss).toBeCloseTo(1, 3);
        expect(validationAccuracy).toBeCloseTo(step.validationAccuracy, 10);
        expect(trained.norms[i] / Math.min(step.norm, options.clipNorm ?? Infinity)).toBeCloseTo(1, 3);
      }
      for (const [key, expected] of Object.entries(weights)) {
        const found = trained.weights[key as keyof typeof trained.weights];
        expected.forEach((value, i) => {
          expect(found[i], `${key}[${i}]`).toBeCloseTo(value, 4);
        });
      }
    }
  });
});
