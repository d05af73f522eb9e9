import { type Dataset, Random } from 'fer-core';
import type { ExperimentBackbone, ExperimentData } from 'fer-eval/node';

function split(n: number, name: string): Dataset {
  const random = new Random(name);
  const labels = Uint8Array.from({ length: n }, (_, i) => i % 3);
  const images = Uint8Array.from({ length: n * 4 }, (_, at) => 60 * labels[at >> 2] + random.int(120));
  return { images, labels, n, height: 2, width: 2, channels: 1, classes: ['a', 'b', 'c'] };
}

export const data: ExperimentData = { train: split(60, 'train'), validation: split(30, 'v'), test: split(40, 'test') };

/** Weighs the pixels by numbers drawn from the seed. */
export function backbone(name: string, made: (name: string, seed: number) => void): ExperimentBackbone {
  return {
    name,
    options: { name },
    async make({ seed }) {
      made(name, seed);
      const random = new Random(`${name} ${seed}`);
      const weights = Float64Array.from({ length: 4 }, () => random.normal());
      return {
        outputSize: 4,
        async transform({ images, n }) {
          return { data: Float32Array.from(images, (value, at) => value * weights[at & 3]), rows: n, columns: 4 };
        },
        serialize: () => Promise.reject(new Error('not asked for')),
        dispose() {},
      };
    },
  };
}
