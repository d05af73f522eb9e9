export { factor, pack, solve, solve64 } from './cholesky';
export { denseAccumulate, denseAccumulate64, denseScores, denseScores64, subtractRow } from './dense';
export { entriesAdd, entriesTimes } from './entries';
export { gramBlock, gramCentre, gramMoments, gramRow } from './gram';
export { flush, hingePass, hingePass64 } from './hinge';
export { packedAccumulate, packedAccumulate64, packedScores, packedScores64, packRows, scanRows, useSigns } from './packed';
