import {
  compactVgg,
  cosine,
  type LayersBackbone,
  miniXception,
  oneCycle,
  resNet,
  rmsprop,
  sgd,
  shallowCnn,
  type TrainOptions,
  type Views,
} from 'fer-backbones';
import { augment, randomFlip } from 'fer-data';
import type { PretrainedName } from 'fer-models';

/** How to make and train a backbone. */
export interface Recipe {
  readonly backbone: (options: { seed: number }) => LayersBackbone;
  /** The classifier to continue from instead of a new backbone: the name of a shipped one, or a folder. */
  readonly from?: string;
  readonly training: TrainOptions & { readonly epochs: number };
  /** The shipped classifier whose probabilities it learns in addition to the labels. */
  readonly teacher?: PretrainedName;
  /** The views of each face that the classifier uses. */
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

/** Trains with the probabilities of the shipped ensemble (Hinton et al., 2015), on noisier and more varied pictures. */
const distilled = {
  teacher: 'compact-vgg-ensemble/softmax',
  training: {
    ...compact.training,
    epochs: 60,
    schedule: cosine({ warmup: 0.12 }),
    emaDecay: 0.998,
    clipNorm: 2,
    augmentation: augment({
      rotation: 12,
      zoom: 0.13,
      widthShift: 0.08,
      heightShift: 0.08,
      shear: 4,
      horizontalFlip: true,
      noise: 12,
      erasing: { probability: 0.2 },
    }),
  },
  views: 'flip',
} as const;

/** The recipes of the shipped classifiers with one network, and of those in docs/results.md. */
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
  'mini-xception': { ...compact, backbone: miniXception },
  resnet: { ...compact, backbone: resNet },
  // A warm restart (Loshchilov and Hutter, SGDR, 2017): another cosine decay from the full rate.
  'compact-vgg-restart': {
    ...compact,
    from: 'out/train/compact-vgg-1/classifiers/softmax',
    training: { ...compact.training, schedule: cosine() },
  },
  // The previous network and the SVM on it, trained further end to end with the SVM's loss (Tang, 2013). Its gradient
  // is about five times as large as that of cross-entropy, so the objective is scaled, including its penalty, and so is
  // the rate.
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
  'compact-vgg-distilled': {
    ...distilled,
    backbone: ({ seed }) =>
      compactVgg({
        seed,
        widths: [32, 64, 128, 256],
        features: 'average',
        finalPool: false,
        dropout: [0, 0.05, 0.05, 0],
        featureDropout: 0.2,
      }),
  },
  'tiny-vgg-distilled': {
    ...distilled,
    backbone: ({ seed }) =>
      compactVgg({
        seed,
        widths: [16, 32, 48, 64],
        features: 'average',
        dropout: [0, 0, 0.05, 0.05],
        featureDropout: 0.1,
      }),
  },
};
