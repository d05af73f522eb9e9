/**
 * What of fer-onnx touches files.
 *
 * @module fer-onnx/node
 */

export { onnxBackbone } from './backbone/onnxBackboneNode.js';
