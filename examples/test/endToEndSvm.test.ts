import { shallowCnn } from 'fer-backbones';
import { syntheticFaces } from 'fer-data';
import { linearL2SVMFromLayer } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import { expect, it } from 'vitest';

it('the top layer of a network trained under the squared hinge is a head with the scores of training', async () => {
  await useWasm({ threads: 1 });
  const faces = syntheticFaces({ n: 70, seed: 1 });
  const backbone = shallowCnn({ seed: 1 });
  const options = { epochs: 1, batchSize: 35, loss: 'squaredHinge', seed: 1, validation: faces } as const;
  const { history } = await backbone.fit(faces, options);
  const head = linearL2SVMFromLayer(backbone.layer!);
  const scores = await head.decisionFunction(await backbone.transform(faces));

  // The loss and accuracy that training reports for its own scores: the mean over images of Σ max(0, 1 − y·score)², and
  // the accuracy.
  let loss = 0;
  scores.data.forEach((score, at) => {
    const sign = faces.labels[Math.floor(at / scores.columns)] === at % scores.columns ? 1 : -1;
    loss += Math.max(0, 1 - sign * score) ** 2 / scores.rows;
  });
  const { validationLoss, validationAccuracy } = history.at(-1)!;
  expect(Math.abs(loss / validationLoss! - 1)).toBeLessThan(1e-4);
  const predicted = await head.predict(await backbone.transform(faces));
  const correct = predicted.filter((label, i) => label === faces.labels[i]).length;
  expect(correct / faces.n).toBeCloseTo(validationAccuracy!, 6);
  expect(head.classes).toEqual(faces.classes);
  backbone.dispose();
});
