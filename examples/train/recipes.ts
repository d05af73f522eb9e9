import {
  compactVgg,
  cosine,
  type LayersBackbone,
  oneCycle,
  rmsprop,
  sgd,
  shallowCnn,
  type TrainOptions,
  type Views,
} from 'fer-backbones';
import { augment, randomFlip } from 'fer-data';

/** How a backbone is made and trained. */
export interface Recipe {
  readonly backbone: (options: { seed: number }) => LayersBackbone;
  /** The classifier that training goes on from, in place of a new backbone: a shipped one's name, or a folder. */
  readonly from?: string;
  readonly training: TrainOptions & { readonly epochs: number };
  /** What the classifier looks at. */
  readonly views: Views;
}

const compact = {
  backbone: compactVgg,
  training: {
    epochs: 40,
    batchSize: 64,
    optimizer: sgd({ weightDecay: 5e-4 }),
    learningRate: 0.05,
    schedule: oneCycle(),
    labelSmoothing: 0.1,
    augmentation: augment({ rotation: 10, zoom: 0.12, widthShift: 0.07, heightShift: 0.07, horizontalFlip: true }),
  },
  views: 'flip',
} satisfies Recipe;

/** What the shipped classifiers are trained by. */
export const recipes: Readonly<Record<string, Recipe>> = {
  'shallow-cnn': {
    backbone: shallowCnn,
    training: {
      epochs: 20,
      batchSize: 64,
      optimizer: rmsprop(),
      learningRate: 5e-4,
      schedule: cosine(),
      augmentation: randomFlip(),
    },
    views: 'flip',
  },
  'compact-vgg': compact,
  // A warm restart (Loshchilov and Hutter, SGDR, 2017): from the trained network, along another cosine from the full rate.
  'compact-vgg-restart': {
    ...compact,
    from: 'compact-vgg/softmax',
    training: { ...compact.training, schedule: cosine() },
  },
  // That network and the SVM on it, trained on end to end with the SVM's loss (Tang, 2013). Its gradient is some five
  // times as long as the cross-entropy's: the objective is scaled, its penalty too, and the rate with it.
  'compact-vgg-svm': {
    ...compact,
    from: 'out/train/compact-vgg-restart-1/classifiers/l2svm',
    training: {
      ...compact.training,
      loss: 'squaredHinge',
      labelSmoothing: 0,
      epochs: 12,
      schedule: cosine(),
      optimizer: sgd({ weightDecay: 5 * 5e-4 }),
      learningRate: 0.025 / 5,
    },
  },
};
