import { getKernel, type NamedAttrMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../errors.js';
import type { Workspace } from '../heap.js';

/** What tfjs hands to a kernel. */
export interface KernelCall {
  /** The name under which tfjs called it. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: NamedAttrMap;
}

/**
 * A kernel of ours. It returns undefined for what it doesn't cover: upstream's kernel of the same name then does the
 * work.
 */
export type OwnKernel = (workspace: Workspace, call: KernelCall) => TensorInfo | undefined;

/** Kernels of ours by the names under which tfjs calls them. */
export type OwnKernels = Readonly<Record<string, OwnKernel>>;

/** Runs another kernel of the backend, whoever provides it. */
export function callKernel(
  workspace: Workspace,
  name: string,
  inputs: Readonly<Record<string, TensorInfo>>,
  attrs: NamedAttrMap = {},
): TensorInfo {
  const kernel = getKernel(name, 'wasm');
  if (!kernel) throw new WasmError('UNSUPPORTED', `The wasm backend has no kernel ${name}.`);
  return kernel.kernelFunc({ inputs, attrs, backend: workspace.backend }) as TensorInfo;
}

/**
 * Refuses an operand whose shape is not the expected one: a kernel would read or write outside of it.
 *
 * @throws WasmError `INVALID_ARGUMENT`
 */
export function checkShape(
  kernel: string,
  operand: string,
  shape: readonly number[],
  expected: readonly number[],
): void {
  if (util.arraysEqual([...shape], [...expected])) return;
  throw new WasmError(
    'INVALID_ARGUMENT',
    `${kernel}: ${operand} has the shape [${shape}], where [${expected}] is needed.`,
  );
}
