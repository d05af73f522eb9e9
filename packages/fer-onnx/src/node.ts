/**
 * The parts of fer-onnx that read files.
 *
 * @module fer-onnx/node
 */

export { onnxBackbone } from './backbone/onnxBackboneNode.js';
