/**
 * Exports classifiers as ONNX models, and uses ONNX models as backbones.
 *
 * @module fer-onnx
 */

export type { Pooling } from './backbone/features.js';
export type { Layout } from './backbone/inputForm.js';
export { onnxBackbones } from './backbone/loadOnnxBackbone.js';
export { type OnnxBackbone, type OnnxBackboneOptions, onnxBackbone } from './backbone/onnxBackbone.js';
export type { OnnxRuntime, OnnxRuntimeOptions, OnnxSession, OnnxTensor } from './backbone/runtime.js';
export { type ExportOnnxOptions, exportOnnx } from './export/exportOnnx.js';
