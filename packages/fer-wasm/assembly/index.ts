export { conv3dFilterGrad, conv3dInputGrad, maxPool3d, maxPool3dGrad } from './volume';
export { affine } from './affine';
export {
  batchMoments, batchMomentsMerge, batchNormCoefficients, batchNormSums, batchNormTotals,
} from './batchnorm';
export { binary, unary } from './binary';
export { conv, convFilterGrad } from './conv';
export {
  depthwise, depthwiseFilterGrad, depthwiseInputGrad, partSumsOfFloats, repeatChannels, sumRepeated,
} from './depthwise';
export { slide, slideGradient } from './depthwise3';
export { clear, dropout, partSums, partSumsMerge, reluGrad, segmentSum } from './elementwise';
export { softmaxCrossEntropy, squaredHinge } from './losses';
export { matMul, vecMat, vecMat2 } from './matmul';
export { adam, average, momentum, rmsprop } from './optimizers';
export { interleave, packFilter, packPhase } from './pack';
export { avgPool, avgPoolGrad, maxPool, maxPoolGrad, maxPoolGradAny } from './pool';
export { spreadMiddle, sumMiddle } from './reduce';
export { outerTile1, outerTile2, outerTileFrom1, outerTileFrom2 } from './outerTile';
export { convByTaps } from './tapConv';
export { dotTile1, dotTile2, dotTileFrom1, dotTileFrom2, dotTileOf4 } from './tile';
export { windowMeans, windowMeansGrad } from './windowMeans';
export {
  winogradConv, winogradFilter, winogradGradFilter, winogradGradInput, winogradGradOutput, winogradGradProduct,
} from './winograd';
export { winogradBatchConv, winogradBatchInput } from './winogradBatch';
export { winogradBatchFilter } from './winogradBatchFilter';
export { winogradBatchFilterGrad, winogradBatchGradOutput } from './winogradBatchGrad';
