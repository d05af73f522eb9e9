/**
 * Classifiers as ONNX models, and ONNX models as backbones.
 *
 * @module fer-onnx
 */

export { type ExportOnnxOptions, exportOnnx } from './export/exportOnnx.js';
