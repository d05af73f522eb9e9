export * from './ops/index.js';
export { type UseWasmOptions, useWasm, type WasmSetup } from './useWasm.js';
