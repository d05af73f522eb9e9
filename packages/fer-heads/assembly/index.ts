export { factor, solve } from './cholesky';
export { denseAccumulate, denseScores, denseScores64 } from './dense';
export { countEntries, packedAccumulate, packedGram, packedScores, packedScores64, packRows } from './packed';
