import type { Random } from 'fer-core';
import type { Canvas, Paint } from './canvas.js';
import { ellipse } from './curves.js';
import type { Pose } from './pose.js';

/** Fills the canvas with a background: a gradient and up to three ellipses. */
export function drawBackground(canvas: Canvas, random: Random): void {
  const { size, data } = canvas;
  const middle = random.between(0.1, 0.9);
  const gx = random.between(-0.3, 0.3) / size;
  const gy = random.between(-0.3, 0.3) / size;
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) data[j * size + i] = middle + gx * (i - size / 2) + gy * (j - size / 2);
  }
  for (let count = random.int(4); count > 0; count--) {
    const [cx, cy] = [size * random.uniform(), size * random.uniform()];
    const [rx, ry] = [size * random.between(0.05, 0.4), size * random.between(0.05, 0.4)];
    const paint: Paint = { shade: random.uniform(), opacity: random.between(0.2, 0.8) };
    // One number is drawn and not used: without it, all faces of a seed would change.
    random.uniform();
    canvas.polygon(ellipse(cx, cy, rx, ry, 8), paint);
  }
}

/** Draws something in front of some faces: a hand, or a strand of hair. */
export function drawOcclusion(canvas: Canvas, skin: number, hair: number, pose: Pose, random: Random): void {
  const kind = random.uniform();
  const side = random.uniform() < 0.5 ? -1 : 1;
  if (kind < 0.06) {
    const [x, y] = [side * random.between(0.6, 0.95), random.between(0.5, 1.1)];
    for (let finger = 0; finger < 4; finger++) {
      const tip = [x + side * 0.5, y + 0.14 * finger + 0.25, x - side * 0.1 * (finger % 2), y + 0.14 * finger];
      canvas.stroke(pose.place(tip, false), 0.15 * pose.scale, { shade: (0.8 + 0.05 * finger) * skin });
    }
  } else if (kind < 0.13) {
    const x = side * random.between(0.1, 0.7);
    const strand = [x - side * 0.2, -1.1, x + side * 0.1, -0.6, x + side * 0.25, random.between(-0.4, 0.1)];
    canvas.stroke(pose.place(strand, false), random.between(0.05, 0.16) * pose.scale, { shade: hair, opacity: 0.9 });
  }
}

/** Lights the picture: a rounded head, lit from a random side, in a room of random brightness. */
export function light(canvas: Canvas, pose: Pose, amount: number, random: Random): void {
  const { size, data } = canvas;
  const direction = random.between(0, 2 * Math.PI);
  const slant = amount * random.between(0, 0.6);
  const [lx, ly] = [slant * Math.cos(direction), slant * Math.sin(direction)];
  const ambient = random.between(0.35, 0.7);
  const brightness = 1 + amount * random.between(-0.25, 0.3);
  const curve = amount * random.between(-0.3, 0.5);
  const floor = amount * random.between(0, 0.15);
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const [x, y] = pose.unplace(i + 0.5, j + 0.5);
      const v = y / 1.35;
      const r = Math.min(1, x * x + v * v);
      const lit = ambient + (1 - ambient) * Math.max(0, Math.sqrt(1 - 0.8 * r) + lx * x + ly * v);
      const at = j * size + i;
      const seen = Math.min(1, Math.max(0, data[at] * lit * brightness));
      data[at] = floor + (1 - floor) * (seen + curve * seen * (1 - seen));
    }
  }
}
