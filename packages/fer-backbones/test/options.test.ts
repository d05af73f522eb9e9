import { memoryStore } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adamW,
  compactVgg,
  cosine,
  extractFeatures,
  miniXception,
  oneCycle,
  plateau,
  readFeatures,
  resNet,
  rmsprop,
  sgd,
  shallowCnn,
  vgg16,
} from '../src/index.js';
import * as node from '../src/node.js';
import { patches } from './data.js';
import { smallBackbone } from './small.js';

beforeAll(() => useWasm({ threads: 1 }));

const data = patches(6, 12);
const fit = async (options: object) => {
  const backbone = smallBackbone();
  try {
    await backbone.fit(data, options);
  } finally {
    backbone.dispose();
  }
};

describe('a misspelt option is refused, with the one that was meant, in', () => {
  const cases: [string, () => unknown, string][] = [
    ['fit', () => fit({ epoch: 3 }), 'epochs'],
    ['fit', () => fit({ classWeights: [1, 1, 1] }), 'classWeight'],
    ['earlyStopping', () => fit({ validation: data, earlyStopping: { patiance: 3 } }), 'patience'],
    ['checkpoints', () => fit({ checkpoints: { store: memoryStore(), everyStep: 3 } }), 'everySteps'],
    ['cacheFrozen', () => fit({ cacheFrozen: { pass: 3 } }), 'passes'],
    ['distillation', () => fit({ distillation: { teachers: {} } }), 'teacher'],
    ['freeze', () => smallBackbone().freeze({ untl: 'dense' } as never), 'until'],
    ['sgd', () => sgd({ momentun: 0.9 } as never), 'momentum'],
    ['adamW', () => adamW({ weightdecay: 0 } as never), 'weightDecay'],
    ['rmsprop', () => rmsprop({ eps: 0 } as never), 'decay, epsilon'],
    ['cosine', () => cosine({ warmUp: 0.1 } as never), 'warmup'],
    ['oneCycle', () => oneCycle({ begin: 0.1 } as never), 'warmup, start, end'],
    ['plateau', () => plateau({ min_delta: 0.1 } as never), 'minDelta'],
    [
      'extractFeatures',
      () => extractFeatures(smallBackbone(), [], memoryStore(), { chunkRow: 3 } as never),
      'chunkRows',
    ],
    ['readFeatures', () => readFeatures(memoryStore(), { sgnal: 1 } as never).next(), 'signal'],
    ['shallowCnn', () => shallowCnn({ sed: 1 } as never), 'seed'],
    ['compactVgg', () => compactVgg({ sed: 1 } as never), 'seed'],
    ['miniXception', () => miniXception({ sed: 1 } as never), 'seed'],
    ['resNet', () => resNet({ widths: 1 } as never), 'width'],
    ['vgg16', () => vgg16({ weigths: 'imagenet' } as never), 'weights'],
    ['vgg16', () => node.vgg16({ cachefolder: '/tmp' } as never), 'cacheFolder'],
  ];
  it.each(cases)('%s (%#)', async (call, use, meant) => {
    await expect((async () => use())()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(new RegExp(`${call} has no option .*${meant}`)),
    });
  });
});
