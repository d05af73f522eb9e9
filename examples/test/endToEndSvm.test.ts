import { shallowCnn } from 'fer-backbones';
import { syntheticFaces } from 'fer-data';
import { linearL2SVMFromLayer } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { expect, it } from 'vitest';

it('the top layer of a network trained under the squared hinge is a LinearL2SVM head', async () => {
  await useWasm({ threads: 1 });
  const faces = syntheticFaces({ n: 70, seed: 1 });
  const backbone = shallowCnn({ seed: 1 });
  await backbone.fit(faces, { epochs: 1, batchSize: 35, loss: 'squaredHinge', seed: 1 });
  const { weights, bias, classes } = backbone.layer!;
  const head = linearL2SVMFromLayer(backbone.layer!);
  const features = await backbone.transform(faces);
  const scores = await head.decisionFunction(features);
  expect(head.classes).toEqual(classes);
  const k = classes.length;
  for (let i = 0; i < features.rows; i++) {
    for (let c = 0; c < k; c++) {
      let score = bias[c];
      for (let j = 0; j < features.columns; j++)
        score += features.data[i * features.columns + j] * weights.data[j * k + c];
      expect(scores.data[i * k + c]).toBeCloseTo(score, 4);
    }
  }
  backbone.dispose();
});
