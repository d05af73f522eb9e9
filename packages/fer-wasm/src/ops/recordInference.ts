import * as tf from '@tensorflow/tfjs-core';
import { checkTensors, describe } from '../arguments.js';
import { currentWorkspace, demandBackend } from '../current.js';
import { WasmError } from '../errors.js';
import type { Workspace } from '../heap.js';
import { Recorder } from '../recorder.js';

/** A pass through a network that can be repeated without tfjs. */
export interface InferenceRecording {
  /**
   * Repeats the pass for other values, as many as were recorded. Returns the output, or `undefined` if the pass has to
   * be recorded again, because a weight has changed or useWasm() has started another backend; the recording is then
   * disposed.
   */
  run(values: Float32Array): Float32Array | undefined;
  /** Frees the memory of the pass. */
  dispose(): void;
}

/** The result of {@link recordInference}. */
export interface RecordedInference {
  /** The values of the pass's output. */
  readonly output: Float32Array;
  /** Absent if the pass can't be repeated: on another backend, or if it ran a kernel of upstream's. */
  readonly recording?: InferenceRecording;
}

/**
 * Runs a pass through a network and records its kernels. For one or two small images, tfjs' own work around the kernels
 * takes a large part of the time. A recording runs the same kernels again in the same memory, so its outputs are the
 * same bit for bit.
 *
 * The memory of the pass is kept until the recording is disposed. It isn't counted by `tf.memory()`.
 *
 * @param values - The input of the first run.
 * @param shape - Its shape.
 * @param weights - The variables that the pass reads. A change of any of them ends the recording.
 * @param pass - A function of one tensor that uses only tfjs' and this package's ops, always the same ones.
 * @throws WasmError `INVALID_ARGUMENT` if an argument is of another type, the values don't fit the shape, or the pass
 *   doesn't return a tensor; `UNSUPPORTED` if no tfjs backend is running; and whatever the pass throws.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const kernel = tf.variable(tf.tensor2d([[1], [2]]));
 * const { output, recording } = recordInference(Float32Array.of(3, 4), [1, 2], [kernel], (x) =>
 *   dense(x as tf.Tensor2D, { kernel: kernel as tf.Tensor2D }),
 * );
 * console.log(output); // Float32Array(1) [ 11 ]
 * recording?.run(Float32Array.of(1, 1)); // Float32Array(1) [ 3 ]
 * ```
 */
export function recordInference(
  values: Float32Array,
  shape: readonly number[],
  weights: readonly tf.Tensor[],
  pass: (x: tf.Tensor) => tf.Tensor,
): RecordedInference {
  checkArguments(values, shape, weights, pass);
  demandBackend();
  const workspace = currentWorkspace();
  let output = new Float32Array(0);
  const run = (use?: (x: tf.Tensor, y: tf.Tensor) => void) =>
    tf.tidy(() => {
      const x = tf.tensor(values, [...shape]);
      const y = pass(x);
      checkTensors('recordInference', { "the pass's result": y });
      use?.(x, y);
      if (!use) output = y.dataSync<'float32'>().slice();
    });
  if (!workspace) {
    run();
    return { output };
  }
  // The first pass may need more scratch memory than there is; it then moves, and is recorded again.
  for (let tries = 0; tries < 2; tries++) {
    const { scratchAddress } = workspace;
    const recorder = new Recorder(workspace.backend);
    let ends = { input: 0, output: 0, size: 0 };
    workspace.deferrals.flush();
    workspace.record(recorder, () =>
      run((x, y) => {
        ends = { input: workspace.address(x), output: workspace.address(y), size: y.size };
        output = workspace.read(ends.output, y.size);
        if (y.dtype !== 'float32') recorder.refused = true;
      }),
    );
    const moved = workspace.scratchAddress !== scratchAddress;
    if (!recorder.refused && !moved)
      return { output, recording: repeat(workspace, recorder, weights, ends, values.length) };
    recorder.dispose();
    if (recorder.refused) break;
  }
  return { output };
}

function checkArguments(values: unknown, shape: unknown, weights: unknown, pass: unknown): void {
  const error = (what: string, given: unknown, wanted: string) =>
    new WasmError('INVALID_ARGUMENT', `recordInference: ${what}: ${describe(given)}. Give ${wanted}.`);
  if (!(values instanceof Float32Array)) throw error('the values', values, 'a Float32Array');
  if (!Array.isArray(shape)) throw error('the shape', shape, 'an array of sizes');
  const sizes: readonly unknown[] = shape;
  const fits = sizes.every((size) => Number.isInteger(size) && (size as number) >= 0);
  if (!fits || sizes.reduce<number>((product, size) => product * (size as number), 1) !== values.length) {
    const given = `[${sizes.join(', ')}]`;
    throw error(`${values.length} values for the shape`, given, 'one for each number of the tensor');
  }
  if (!Array.isArray(weights)) throw error('the weights', weights, 'an array of variables');
  checkTensors('recordInference', { ...(weights as readonly unknown[]) });
  if (typeof pass !== 'function') throw error('the pass', pass, 'a function of a tensor');
}

function repeat(
  workspace: Workspace,
  recorder: Recorder,
  weights: readonly tf.Tensor[],
  ends: { readonly input: number; readonly output: number; readonly size: number },
  count: number,
): InferenceRecording {
  const { pool, scratchAddress } = workspace;
  const read = weights.map(({ dataId }) => dataId);
  let usable = true;
  const dispose = () => {
    if (!usable) return;
    usable = false;
    for (const dataId of read) workspace.unwatch(dataId, dispose);
    recorder.dispose();
  };
  for (const dataId of read) workspace.watch(dataId, dispose);
  return {
    dispose,
    run(values) {
      const same = currentWorkspace() === workspace && workspace.scratchAddress === scratchAddress;
      if (!same || values.length !== count || weights.some(({ dataId }, i) => dataId !== read[i])) dispose();
      if (!usable) return undefined;
      workspace.write(values, ends.input);
      for (const call of recorder.calls) {
        if ('kernel' in call) pool.run(call.kernel, call.words, call.parallel);
        else workspace.copy(call.from, call.to, call.bytes);
      }
      return workspace.read(ends.output, ends.size);
    },
  };
}
