/**
 * TensorFlow.js' WASM backend, made able to train, and fast.
 *
 * @module fer-wasm
 */
export { WasmError, type WasmErrorCode } from './errors.js';
export * from './ops/index.js';
export * from './optimizers/index.js';
export { type BackendSetup, useBest } from './useBest.js';
export { type UseWasmOptions, useWasm, type WasmSetup } from './useWasm.js';
