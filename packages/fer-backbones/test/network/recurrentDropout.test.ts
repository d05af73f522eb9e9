import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { LayersBackbone } from 'fer-backbones';
import type { Dataset } from 'fer-core';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';

const n = 12;
const train: Dataset = {
  images: Uint8Array.from({ length: n * 24 }, (_, at) => (at * 37 + (at >> 4) * 11) % 256),
  n,
  height: 6,
  width: 4,
  channels: 1,
  labels: Uint8Array.from({ length: n }, (_, i) => i % 2),
  classes: ['a', 'b'],
};
// tfjs-layers' default, an orthogonal matrix, needs ops as methods of tensors.
const SIZE = { units: 3, recurrentInitializer: 'glorotUniform' } as const;
const RATES = { dropout: 0.3, recurrentDropout: 0.4 };
type Rates = Partial<typeof RATES>;

/** Layers with recurrent cells: as they are, stacked, in both directions, and over images. */
const RECURRENT: Readonly<Record<string, (rates: Rates) => layers.Layer[]>> = {
  simpleRNN: (rates) => [layers.simpleRNN({ ...SIZE, ...rates })],
  gru: (rates) => [layers.gru({ ...SIZE, ...rates })],
  lstm: (rates) => [layers.lstm({ ...SIZE, ...rates })],
  'stacked cells': (rates) => [
    layers.rnn({ cell: [layers.gruCell({ ...SIZE, ...rates }), layers.lstmCell({ ...SIZE, ...rates })] }),
  ],
  bidirectional: (rates) => [
    layers.bidirectional({ layer: layers.gru({ ...SIZE, ...rates }) as never, mergeMode: 'concat' }),
  ],
};

beforeAll(() => useWasm({ threads: 1 }));

/** A network with the same initial weights each time. */
function backboneOf(recurrent: layers.Layer[]): LayersBackbone {
  const model = sequential({
    layers: [layers.reshape({ inputShape: [6, 4, 1], targetShape: [6, 4] }), ...recurrent],
  });
  tf.tidy(() => {
    const fill = ({ shape }: tf.Tensor) =>
      tf.tensor(
        Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i + 1) / 2),
        shape,
      );
    model.setWeights(model.getWeights().map(fill));
  });
  return new LayersBackbone('recurrent', model, { height: 6, width: 4, channels: 1, values: 'scale' });
}

/** The weights after some steps. */
async function trained(make: (rates: Rates) => layers.Layer[], seed: number, rates: Rates): Promise<number[]> {
  const backbone = backboneOf(make(rates));
  await backbone.fit(train, { epochs: 2, batchSize: 6, learningRate: 0.01, seed });
  const weights = backbone.model.getWeights().flatMap((weight) => Array.from(weight.dataSync()));
  backbone.dispose();
  return weights;
}

describe.each(Object.entries(RECURRENT))('dropout of %s', (_, make) => {
  it("follows fit's seed, and leaves no tensor", async () => {
    const before = tf.memory().numTensors;
    const first = await trained(make, 1, RATES);
    expect(await trained(make, 1, RATES)).toEqual(first);
    // Of a seed, only the order of the images is left without dropout.
    expect(await trained(make, 2, RATES)).not.toEqual(first);
    expect(await trained(make, 1, {})).not.toEqual(first);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('draws the masks of the inputs and of the states apart', async () => {
    const both = await trained(make, 1, { dropout: 0.3, recurrentDropout: 0.3 });
    expect(await trained(make, 1, { dropout: 0.3 })).not.toEqual(both);
    expect(await trained(make, 1, { recurrentDropout: 0.3 })).not.toEqual(both);
  });

  it('is off in transform, which keeps no tensor', async () => {
    const dropped = backboneOf(make(RATES));
    const plain = backboneOf(make({}));
    const before = tf.memory().numTensors;
    expect((await dropped.transform(train)).data).toEqual((await plain.transform(train)).data);
    expect(tf.memory().numTensors).toBe(before);
    dropped.dispose();
    plain.dispose();
  });
});
