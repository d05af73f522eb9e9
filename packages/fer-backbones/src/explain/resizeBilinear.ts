/**
 * A map in another size, by bilinear interpolation between the centres of its cells (as OpenCV and PyTorch do, and
 * tfjs by default does not); beyond the outermost centres the values go on unchanged.
 *
 * @param map - height × width, row-major.
 */
export function resizeBilinear(
  map: Float32Array,
  [height, width]: readonly [number, number],
  [toHeight, toWidth]: readonly [number, number],
): Float32Array {
  const rows = sources(height, toHeight);
  const columns = sources(width, toWidth);
  const out = new Float32Array(toHeight * toWidth);
  rows.forEach(({ low: top, high: bottom, share: down }, y) => {
    columns.forEach(({ low, high, share }, x) => {
      const above = map[top * width + low] * (1 - share) + map[top * width + high] * share;
      const below = map[bottom * width + low] * (1 - share) + map[bottom * width + high] * share;
      out[y * toWidth + x] = above * (1 - down) + below * down;
    });
  });
  return out;
}

/** Of each new cell along one side: the two old ones around its centre, and the share of the second. */
function sources(from: number, to: number) {
  return Array.from({ length: to }, (_, i) => {
    const at = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const low = Math.floor(at);
    return { low, high: Math.min(from - 1, low + 1), share: at - low };
  });
}
