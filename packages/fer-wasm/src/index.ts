/**
 * TensorFlow.js' WASM backend with faster kernels that can also train.
 *
 * @module fer-wasm
 */
export { WasmError, type WasmErrorCode } from './errors.js';
export * from './ops/index.js';
export * from './optimizers/index.js';
export { type BackendSetup, useBest } from './useBest.js';
export { type UseWasmOptions, useWasm, type WasmSetup } from './useWasm.js';
