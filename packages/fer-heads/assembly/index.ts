export { factor, pack, solve } from './cholesky';
export { denseAccumulate, denseAccumulate64, denseScores, denseScores64, subtractRow } from './dense';
export { gramBlock, gramCentre, gramMoments, gramRow } from './gram';
export { flush, hingePass, hingePass64 } from './hinge';
export { packedAccumulate, packedAccumulate64, packedScores, packedScores64, packRows, scanRows, useSigns } from './packed';
