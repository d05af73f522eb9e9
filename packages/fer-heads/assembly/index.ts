export { factor, pack, solve } from './cholesky';
export { denseAccumulate, denseScores, denseScores64 } from './dense';
export { packedAccumulate, packedScores, packedScores64, packRows, rowGram } from './packed';
