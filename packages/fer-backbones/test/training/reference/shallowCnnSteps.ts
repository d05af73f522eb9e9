/**
 * Writes shallowCnnSteps.json: the losses of twenty training steps on tfjs' cpu backend, in some minutes.
 *
 *   npx tsx --tsconfig tsconfig.json packages/fer-backbones/test/training/reference/shallowCnnSteps.ts
 */
import '@tensorflow/tfjs-backend-cpu';
import { writeFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { shallowCnnSteps } from '../shallowCnnSteps.js';

await tf.setBackend('cpu');
const losses = await shallowCnnSteps();
await writeFile(new URL('shallowCnnSteps.json', import.meta.url), `${JSON.stringify({ losses }, undefined, 2)}\n`);
