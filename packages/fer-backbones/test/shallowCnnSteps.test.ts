import { useWasm } from 'fer-wasm';
import { expect, it } from 'vitest';
import reference from './reference/shallowCnnSteps.json';
import { shallowCnnSteps } from './shallowCnnSteps.js';

/** From here on rounding, which RMSprop's steps at this rate and batch size amplify, moves the losses by more. */
const COMPARED = 10;

it("ShallowCNN's first ten training steps follow those of tfjs' cpu backend", async () => {
  await useWasm({ threads: 2 });
  const losses = await shallowCnnSteps();
  expect(losses).toHaveLength(20);
  losses.slice(0, COMPARED).forEach((loss, i) => {
    expect(Math.abs(loss - reference.losses[i]), `step ${i + 1}`).toBeLessThan(1e-3);
  });
});
