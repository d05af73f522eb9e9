import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { summary } from '../../src/index.js';
import { smallBackbone } from '../small.js';

beforeAll(() => tf.setBackend('cpu'));

describe('summary', () => {
  it('is the table that Keras prints', () => {
    const backbone = smallBackbone();
    // Counts by hand: 3·3·1·6 + 6, 4·6, 3·3·6·8 + 8, 4·8, 5·5·8·16 + 16; two of the four a channel train.
    expect(summary(backbone)).toBe(`Model: "small"
${'_'.repeat(70)}
Layer (type)                                Output shape       Param #
${'='.repeat(70)}
input (InputLayer)                          (None, 12, 12, 1)  0
conv2d (Conv2D)                             (None, 10, 10, 6)  60
batch_normalization (BatchNormalization)    (None, 10, 10, 6)  24
conv2d_1 (Conv2D)                           (None, 10, 10, 8)  440
batch_normalization_1 (BatchNormalization)  (None, 10, 10, 8)  32
activation (Activation)                     (None, 10, 10, 8)  0
max_pooling2d (MaxPooling2D)                (None, 5, 5, 8)    0
dropout (Dropout)                           (None, 5, 5, 8)    0
flatten (Flatten)                           (None, 200)        0
dropout_1 (Dropout)                         (None, 200)        0
dense (Dense)                               (None, 16)         3,216
${'='.repeat(70)}
Total params: 3,772
Trainable params: 3,744
Non-trainable params: 28`);
    backbone.dispose();
  });

  it('counts frozen layers, and the statistics of batch normalisation, as not trainable', () => {
    const backbone = smallBackbone();
    backbone.freeze({ until: 'flatten' });
    expect(summary(backbone)).toContain('Trainable params: 3,216\n');
    backbone.unfreeze();
    expect(summary(backbone)).toContain('Trainable params: 3,744\nNon-trainable params: 28');
    backbone.dispose();
  });
});
