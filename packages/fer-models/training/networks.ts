import type { CompactVggOptions } from 'fer-backbones';

const average: CompactVggOptions = {
  widths: [32, 64, 128, 256],
  features: 'average',
  finalPool: false,
  dropout: [0, 0.05, 0.05, 0],
  featureDropout: 0.2,
};
/** A network that train.py wrote. */
interface TrainedNetwork {
  /** The name of the shipped classifier. */
  readonly name: string;
  readonly file: string;
  readonly seed: number;
  /** How many rounds of distillation it went through. */
  readonly rounds: 1 | 2;
  readonly options: CompactVggOptions;
  /** C of the linear L2-SVM that ships with the network. @default none ships */
  readonly C?: number;
}

/** The networks that train.py trained. */
export const NETWORKS: readonly TrainedNetwork[] = [
  { name: 'compact-vgg', file: 'average-2', seed: 2, rounds: 2, options: average, C: 1e-4 },
  { name: 'compact-vgg-b', file: 'average-3', seed: 3, rounds: 1, options: average },
  {
    name: 'compact-vgg-dense',
    file: 'dense-1',
    seed: 1,
    rounds: 2,
    options: { widths: [32, 64, 128, 256], features: 256, dropout: [0, 0.05, 0.05, 0.1], featureDropout: 0.3 },
  },
  {
    name: 'tiny-vgg',
    file: 'tiny-4',
    seed: 4,
    rounds: 2,
    options: { widths: [16, 32, 48, 64], features: 'average', dropout: [0, 0, 0.05, 0.05], featureDropout: 0.1 },
  },
];
