import fc from 'fast-check';
import {
  type Classifier,
  type FeatureMatrix,
  type FileStore,
  type Images,
  memoryStore,
  Random,
  type RunOptions,
} from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, expect, it } from 'vitest';
import type * as api from '../../src/index.js';
import type { Optimizer, Schedule, TrainOptions } from '../../src/index.js';
import {
  adamW,
  constant,
  cosine,
  inverseTimeDecay,
  LayersBackbone,
  oneCycle,
  plateau,
  rmsprop,
  sgd,
} from '../../src/index.js';
import { buildNetwork } from '../../src/network/network.js';
import { patches } from '../data.js';

beforeAll(() => useWasm({ threads: 1 }));

/** The names of the exported functions that make a T: the compiler refuses a table in which one is missing. */
type Makers<T> = {
  [K in keyof typeof api]: (typeof api)[K] extends (...args: never[]) => infer R
    ? [R, T] extends [T, R]
      ? K
      : never
    : never;
}[keyof typeof api];

const OPTIMIZERS: Record<Makers<Optimizer>, Optimizer> = {
  rmsprop: rmsprop(),
  sgd: sgd({ weightDecay: 1e-3 }),
  adamW: adamW(),
};
const SCHEDULES: Record<Makers<Schedule>, Schedule> = {
  constant: constant(),
  inverseTimeDecay: inverseTimeDecay(0.1),
  cosine: cosine({ warmup: 0.3 }),
  oneCycle: oneCycle(),
  plateau: plateau({ patience: 1, minDelta: 0.5 }),
};

const train = patches(22, 12);
const INPUT = { height: 12, width: 12, channels: 1, values: 'standardise' } as const;

/** Probabilities by an image's first pixels. */
class Teacher implements Classifier<Images> {
  readonly classes = train.classes;
  async predictProba({ images, n }: Images): Promise<FeatureMatrix> {
    const rows = Array.from({ length: n }, (_, i) => [1, 2, 3].map((j) => 1 + images[i * 144 + j]));
    const data = Float32Array.from(rows.flatMap((row) => row.map((value) => value / (row[0] + row[1] + row[2]))));
    return { data, rows: n, columns: 3 };
  }
  decisionFunction = (x: Images) => this.predictProba(x);
  fit(): never {
    throw new Error('not used');
  }
  predict(): never {
    throw new Error('not used');
  }
  serialize = async () => ({ kind: 'teacher', config: {}, files: new Map() });
  dispose(): void {}
}

const noise: TrainOptions['augmentation'] = (images, random) => ({
  ...images,
  images: images.images.map((value) => value ^ random.int(16)),
});
const mix: TrainOptions['batchTransform'] = (batch, random) => {
  const share = random.uniform();
  const soft = Float32Array.from({ length: batch.n * 3 }, (_, i) => {
    return (batch.labels[Math.floor(i / 3)] === i % 3 ? 1 - share : 0) + share / 3;
  });
  return { ...batch, soft };
};
const layer = {
  weights: { data: Float32Array.from({ length: 18 }, (_, i) => Math.sin(i)), rows: 6, columns: 3 },
  bias: Float32Array.of(0.1, -0.2, 0.3),
  classes: train.classes,
};

/** Every option of `fit`: the compiler refuses a table in which one is missing. */
const OPTIONS = {
  epochs: fc.integer({ min: 1, max: 3 }),
  batchSize: fc.integer({ min: 6, max: 12 }),
  optimizer: fc.constantFrom(...Object.values(OPTIMIZERS)),
  learningRate: fc.constantFrom(1e-3, 1e-2),
  schedule: fc.constantFrom(...Object.values(SCHEDULES)),
  loss: fc.constantFrom('softmax', 'squaredHinge'),
  labelSmoothing: fc.constantFrom(0, 0.1),
  classWeight: fc.constantFrom<TrainOptions['classWeight']>(undefined, 'balanced', [1, 0.5, 2]),
  augmentation: fc.constantFrom(undefined, noise),
  batchTransform: fc.constantFrom(undefined, mix),
  distillation: fc.constantFrom(undefined, { teacher: new Teacher(), temperature: 2, weight: 0.5 }),
  clipNorm: fc.constantFrom(undefined, 0.1),
  emaDecay: fc.constantFrom(undefined, 0.9),
  validation: fc.constant(patches(9, 12, 1)),
  earlyStopping: fc.constantFrom<TrainOptions['earlyStopping']>(
    undefined,
    { patience: 1 },
    { patience: Infinity, monitor: 'loss' },
  ),
  cacheFrozen: fc.constantFrom<TrainOptions['cacheFrozen']>(undefined, {}, { type: 'float16', passes: 2 }),
  layer: fc.constantFrom(undefined, layer),
  checkpoints: fc.integer({ min: 1, max: 3 }).map((everySteps) => ({ everySteps, store: memoryStore() })),
  seed: fc.nat(),
  onProgress: fc.constant(undefined),
  signal: fc.constant(undefined),
} satisfies { [K in keyof Required<TrainOptions>]: fc.Arbitrary<TrainOptions[K]> };

/** Everything that a training leaves, to the bit. */
async function run(options: TrainOptions, frozen: boolean, signals: RunOptions = {}) {
  const model = buildNetwork(
    [
      { conv: 3, name: 'first' },
      'batchNorm',
      'relu',
      { pool: 3 },
      'flatten',
      { dropout: 0.3 },
      { dense: 6, relu: true },
    ],
    INPUT,
    new Random(1),
  );
  const backbone = new LayersBackbone('tiny', model, INPUT);
  if (frozen) backbone.freeze({ until: 'max_pooling2d' });
  try {
    const { history, epoch } = await backbone.fit(train, { ...options, ...signals });
    const weights = backbone.model.getWeights().map((weight) => Array.from(weight.dataSync()));
    return { weights, layer: backbone.layer, epoch, history: history.map(({ seconds, ...record }) => record) };
  } finally {
    backbone.dispose();
  }
}

/** Aborts at the nth step. */
function stopAfter(steps: number): RunOptions {
  const controller = new AbortController();
  let left = steps;
  return {
    signal: controller.signal,
    onProgress: ({ kind }) => {
      if (kind === 'step' && --left === 0) controller.abort(new Error('stopped'));
    },
  };
}

it('a training that was stopped anywhere, any number of times, ends as one that was not: to the bit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record(OPTIONS),
      fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
      async (drawn, stops) => {
        const frozen = drawn.cacheFrozen !== undefined;
        const options: TrainOptions = {
          ...drawn,
          // What excludes each other.
          batchTransform: frozen ? undefined : drawn.batchTransform,
          distillation: frozen || drawn.loss !== 'softmax' ? undefined : drawn.distillation,
        };
        const whole = await run({ ...options, checkpoints: undefined }, frozen);
        const store: FileStore = memoryStore();
        const checkpoints = { ...drawn.checkpoints, store };
        for (const steps of stops) {
          await run({ ...options, checkpoints }, frozen, stopAfter(steps)).catch((error) => {
            if (error.message !== 'stopped') throw error;
          });
        }
        expect(await run({ ...options, checkpoints }, frozen)).toEqual(whole);
      },
    ),
    { numRuns: 25, seed: 1 },
  );
});
