import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { useWasm } from 'fer-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { forward } from '../../src/network/forward.js';
import { fusedStepsOf } from '../../src/network/fusedSteps.js';
import { windowMeans } from '../../src/network/network.js';
import { planOf } from '../../src/network/plan.js';

beforeAll(() => useWasm({ threads: 2 }));

/** A convolution, the means of its windows as layers of tfjs-layers, and what `end` makes of both. */
function network(end = (means: layers.SymbolicTensor, _: layers.SymbolicTensor) => means): layers.LayersModel {
  const input = layers.input({ shape: [5, 6, 2] });
  const conv = layers.layers.conv2d({ filters: 4, kernelSize: 3, kernelInitializer: 'glorotUniform' });
  const maps = conv.apply(input) as layers.SymbolicTensor;
  return layers.model({ inputs: input, outputs: end(windowMeans(maps, 'means', 3), maps) });
}

const pixels = () =>
  tf.tensor4d(
    Float32Array.from({ length: 3 * 60 }, (_, i) => Math.sin(i * i)),
    [3, 5, 6, 2],
  );

describe('the means of windows', () => {
  it('are one op, with the output and the gradients of the layers', () => {
    const model = network();
    const [[first, { last, window }]] = [...fusedStepsOf(planOf(model))];
    const names = planOf(model).steps.map(({ layer }) => layer.name);
    expect([names[first], names[last], window]).toEqual(['means_pad', 'means', 3]);
    const weights = () =>
      tf.tensor2d(
        Float32Array.from({ length: 108 }, (_, i) => Math.cos(i)),
        [3, 36],
      );
    const gradientsOf = (run: (x: tf.Tensor) => tf.Tensor) =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => tf.sum(tf.mul(run(pixels()), weights())));
        return [value, ...Object.values(grads)].flatMap((tensor) => [...tensor.dataSync()]);
      });
    const fused = gradientsOf((x) => forward(model, x, { training: true }));
    const plain = gradientsOf((x) => model.apply(x, { training: true }) as tf.Tensor);
    expect(fused).toHaveLength(plain.length);
    fused.forEach((value, i) => {
      expect(value).toBeCloseTo(plain[i], 4);
    });
  });

  it('run layer by layer up to a layer among them', () => {
    const model = network();
    const until = planOf(model).steps.findIndex(({ layer }) => layer.name === 'means_crop_00');
    const padded = tf.tidy(() => forward(model, pixels(), { training: false, until }));
    expect(padded.shape).toEqual([3, 5, 6, 4]);
    padded.dispose();
  });

  it('are not one op if another layer uses a part of them', () => {
    const model = network((means) => {
      const [mean] = (means.sourceLayer.inboundNodes[0].inputTensors as layers.SymbolicTensor[]).slice(4);
      return layers.layers.concatenate().apply([means, mean]) as layers.SymbolicTensor;
    });
    expect(fusedStepsOf(planOf(model)).size).toBe(0);
    expect(tf.tidy(() => forward(model, pixels(), { training: false }).shape)).toEqual([3, 40]);
  });
});
