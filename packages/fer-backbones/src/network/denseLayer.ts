import { checkIsArray, checkMatrix, describeValue, FerError, type LinearLayer } from 'fer-core';

/**
 * Checks the numbers of a dense layer.
 *
 * @throws FerError `INVALID_ARGUMENT` for something other than a layer, `INVALID_DATA` for numbers that are not one
 *   finite weight per feature and class, and one bias per class.
 */
export function checkDenseLayer(layer: LinearLayer): void {
  if (typeof layer !== 'object' || layer === null || !layer.weights || !layer.bias) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `the layer is ${describeValue(layer)}: give { weights, bias, classes }, as backbone.layer is.`,
    );
  }
  const { weights, bias } = layer;
  checkMatrix("layer's weights", weights);
  checkIsArray("the layer's biases", bias, 'Float32Array');
  if (bias.length !== weights.columns || !weights.data.every(Number.isFinite) || !bias.every(Number.isFinite)) {
    throw new FerError(
      'INVALID_DATA',
      `the layer has ${bias.length} biases for ${weights.columns} classes, or a number that isn't finite: train it again.`,
    );
  }
}
