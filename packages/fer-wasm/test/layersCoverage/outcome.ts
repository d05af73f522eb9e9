import * as tf from '@tensorflow/tfjs-core';
import { vi } from 'vitest';
import { relativeError } from '../reference.js';
import { withChainedOps } from './chainedOps.js';

/** Something computed on the current backend: its numbers, in groups that have a scale each. */
export type Computation = () => Promise<Float32Array[]>;

/** How something does on fer-wasm. */
export interface Outcome {
  readonly works: boolean;
  /** As COVERAGE.md says it. */
  readonly text: string;
}

/** Of the largest number of a group. */
const TOLERANCE = 1e-3;

/** The numbers that the backend gives, or an error's message. Frees all tensors and variables made, also after errors. */
async function attempt(backend: 'wasm' | 'cpu', compute: Computation): Promise<Float32Array[] | string> {
  await tf.setBackend(backend);
  const engine = tf.engine();
  const variables = new Set(Object.values(engine.registeredVariables));
  // A scope would not do: a gradient that fails leaves tensors that are kept, and some optimisers keep theirs.
  const made = vi.spyOn(engine, 'trackTensor');
  try {
    const groups = await compute();
    return groups.every((group) => group.every(Number.isFinite)) ? groups : 'gives numbers that are not finite';
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  } finally {
    for (const [tensor] of made.mock.calls) tensor.dispose();
    for (const variable of Object.values(engine.registeredVariables)) {
      if (!variables.has(variable)) variable.dispose();
    }
    made.mockRestore();
    await tf.setBackend('wasm');
  }
}

/** As {@link outcome}, without chained ops. */
async function compare(compute: Computation, incomparable?: string): Promise<Outcome> {
  const actual = await attempt('wasm', compute);
  const expected = await attempt('cpu', compute);
  if (typeof actual === 'string') {
    const text = typeof expected === 'string' ? `fails on the cpu backend too: ${expected}` : `fails: ${actual}`;
    return { works: false, text };
  }
  if (typeof expected === 'string') return { works: true, text: `fails on the cpu backend: ${expected}` };
  const errors = expected.map((group, i) => relativeError(actual[i], group));
  const error = actual.length === expected.length ? Math.max(...errors) : Number.POSITIVE_INFINITY;
  if (error < TOLERANCE) return { works: true, text: 'agrees with the cpu backend' };
  if (incomparable) return { works: true, text: `not compared: ${incomparable}` };
  return { works: true, text: `differs from the cpu backend by ${error.toPrecision(2)} of the largest number` };
}

/**
 * How a computation on fer-wasm compares with the same on the cpu backend. What fails without chained ops is tried with
 * them.
 *
 * @param incomparable - Why results may differ, if they may.
 */
export async function outcome(compute: Computation, incomparable?: string): Promise<Outcome> {
  const plain = await compare(compute, incomparable);
  if (plain.works || !plain.text.includes('is not a function')) return plain;
  const chained = await withChainedOps(() => compare(compute, incomparable));
  return chained.works ? { works: true, text: `${chained.text}, with chained ops; without, ${plain.text}` } : plain;
}
