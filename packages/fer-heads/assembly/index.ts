export { factor, solve } from './cholesky';
export { denseAccumulate, denseScores } from './dense';
export { countEntries, packedAccumulate, packedGram, packedScores, packRows } from './packed';
