/** a·b + c: rounded once in the relaxed build, twice in the plain one. The build sets RELAXED to 0 or 1. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (RELAXED) return v128.relaxed_madd<f32>(a, b, c);
  return v128.add<f32>(v128.mul<f32>(a, b), c);
}
