import { useWasm } from 'fer-wasm';
import { expect, it } from 'vitest';
import reference from './reference/shallowCnnSteps.json';
import { shallowCnnSteps } from './shallowCnnSteps.js';

it("ShallowCNN's first twenty training steps follow those of tfjs' cpu backend", async () => {
  await useWasm({ threads: 2 });
  const losses = await shallowCnnSteps();
  expect(losses).toHaveLength(20);
  losses.forEach((loss, i) => {
    expect(Math.abs(loss - reference.losses[i]), `step ${i + 1}`).toBeLessThan(1e-3);
  });
});
