/** Points on an ellipse, in order of angle. */
export function ellipse(cx: number, cy: number, rx: number, ry: number, count = 14): number[] {
  const points: number[] = [];
  for (let i = 0; i < count; i++) {
    const angle = (2 * Math.PI * i) / count;
    points.push(cx + rx * Math.cos(angle), cy + ry * Math.sin(angle));
  }
  return points;
}

/** Points on the quadratic Bézier curve from a to c that passes through b at its middle. */
export function arc(ax: number, ay: number, bx: number, by: number, cx: number, cy: number, count = 6): number[] {
  const controlX = 2 * bx - (ax + cx) / 2;
  const controlY = 2 * by - (ay + cy) / 2;
  const points: number[] = [];
  for (let i = 0; i <= count; i++) {
    const t = i / count;
    const [p, q, r] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
    points.push(p * ax + q * controlX + r * cx, p * ay + q * controlY + r * cy);
  }
  return points;
}

/** The outline of the region between two curves of the same direction: along the first one, then back along the second. */
export function between(upper: readonly number[], lower: readonly number[]): number[] {
  const points = [...upper];
  for (let i = lower.length - 2; i >= 0; i -= 2) points.push(lower[i], lower[i + 1]);
  return points;
}

/** The upper half of an ellipse, from left to right. */
export function dome(rx: number, bottom: number, top: number, count = 12): number[] {
  const points: number[] = [];
  for (let i = 0; i <= count; i++) {
    const angle = Math.PI * (1 + i / count);
    points.push(rx * Math.cos(angle), bottom + (bottom - top) * Math.sin(angle));
  }
  return points;
}
