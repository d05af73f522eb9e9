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
  readonly training: TrainOptions & { readonly epochs: number };
  /** What the classifier looks at. */
  readonly views: Views;
}

const softmaxRecipes = {
  'shallow-cnn': {
    backbone: shallowCnn,
    training: {
      ...{ epochs: 20, batchSize: 64, optimizer: rmsprop(), learningRate: 5e-4, schedule: cosine() },
      augmentation: randomFlip(),
    },
    views: 'flip',
  },
  'compact-vgg': {
    backbone: compactVgg,
    training: {
      ...{ epochs: 40, batchSize: 64, optimizer: sgd({ weightDecay: 5e-4 }), learningRate: 0.05, schedule: oneCycle() },
      labelSmoothing: 0.1,
      augmentation: augment({ rotation: 10, zoom: 0.12, widthShift: 0.07, heightShift: 0.07, horizontalFlip: true }),
    },
    views: 'flip',
  },
} satisfies Record<string, Recipe>;

/** The same, trained end to end with the L2-SVM's loss (Tang, 2013). */
function endToEndSvm({ training, ...recipe }: Recipe, more: Partial<TrainOptions> = {}): Recipe {
  return { ...recipe, training: { ...training, loss: 'squaredHinge', labelSmoothing: 0, ...more } };
}

/** What the shipped classifiers are trained by. */
export const recipes: Readonly<Record<string, Recipe>> = {
  ...softmaxRecipes,
  // RMSprop's steps don't depend on how long the gradient is.
  'shallow-cnn-svm': endToEndSvm(softmaxRecipes['shallow-cnn']),
  // SGD's do, and this loss' is some five times as long: the whole objective is scaled by five, its penalty too.
  'compact-vgg-svm': endToEndSvm(softmaxRecipes['compact-vgg'], {
    optimizer: sgd({ weightDecay: 5 * 5e-4 }),
    learningRate: 0.05 / 5,
  }),
};
