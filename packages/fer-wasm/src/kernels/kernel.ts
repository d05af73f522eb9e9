import { getKernel, type NamedAttrMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../errors.js';
import type { Workspace } from '../heap.js';

/** What tfjs passes to a kernel. */
export interface KernelCall {
  /** The name that tfjs called the kernel by. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: NamedAttrMap;
}

/**
 * One of our kernels. It returns `undefined` for cases it doesn't cover, which upstream's kernel of the same name then
 * handles.
 */
export type OwnKernel = (workspace: Workspace, call: KernelCall) => TensorInfo | undefined;

/** Our kernels by the names that tfjs calls them by. */
export type OwnKernels = Readonly<Record<string, OwnKernel>>;

/** Runs another kernel of the backend, ours or upstream's. */
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
 * Throws if an operand doesn't have the expected shape: a kernel would read or write outside of it.
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
