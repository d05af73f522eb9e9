import { describe, expect, it } from 'vitest';
import { lanczos, type Rectangle } from '../../src/images/lanczos.js';

/** 7 × 9 pixels without a pattern that a wrong phase could keep. */
const pattern = Uint8Array.from({ length: 63 }, (_, at) => {
  const [i, j] = [Math.floor(at / 9), at % 9];
  return (i * 37 + j * 91 + ((i * j) % 17) * 9) % 256;
});

/**
 * Pillow 9.4 in single precision: `Image.fromarray(pattern, mode='F').resize((width, height), LANCZOS, box)`. For boxes
 * beyond the image, the pattern was first padded to the box by `numpy.pad(mode='edge')`.
 */
const PILLOW: readonly [name: string, height: number, width: number, box: Rectangle | undefined, values: number[]][] = [
  [
    'shrinks',
    4,
    5,
    undefined,
    // biome-ignore format: one number a line is no table
    [
      68.312, 141.567, 105.279, 110.552, 161.579, 130.427, 138.85, 168.279, 139.499, 114.247, 123.087, 106.156, 111.019,
      164.835, 144.963, 141.324, 107.852, 127.745, 70.963, 122.266,
    ],
  ],
  [
    'enlarges',
    8,
    11,
    undefined,
    // biome-ignore format: one number a line is no table
    [
      -4.233, 50.729, 173.027, 124.007, 7.231, 106.175, 213.877, 90.843, 32.842, 162.439, 226.748, 24.89, 81.069,
      229.87, 186.018, 64.792, 156.794, 71.036, 54.794, 176.111, 191.556, 76.884, 57.783, 143.099, 135.001, 73.214,
      154.446, 264.03, 78.369, 148.127, 196.442, 120.879, 146.262, 84.072, 223.332, 123.366, 77.153, 219.941, 143.831,
      164.487, 201.646, 80.849, 31.834, 163.339, 125.825, 139.26, 125.859, 122.684, 123.19, 88.207, 135.696, 209.116,
      129.528, 80.099, 181.651, 169.115, 22.118, 110.492, 134.476, -6.378, 130.124, 140.012, 210.745, 158.405, 135.411,
      267.962, 201.296, 104.239, 120.046, 171.521, 103.27, 68.943, 170.22, 104.67, 32.598, 105.937, 169.88, 226.735,
      163.069, -4.475, 77.227, 268.037, 140.677, 34.077, -12.298, 101.265, 148.543, 38.162,
    ],
  ],
  [
    'takes a box of fractions',
    3,
    4,
    { x: 1.3, y: 0.7, width: 5.6, height: 4.5 },
    [165.299, 116.908, 135.218, 96.023, 131.39, 149.707, 169.041, 166.408, 119.585, 84.009, 110.606, 192.449],
  ],
  [
    'continues the border above, below and to the left',
    5,
    6,
    { x: -2.5, y: -1.25, width: 9, height: 10.25 },
    // biome-ignore format: one number a line is no table
    [
      -0.372, -13.849, 76.221, 126.199, 75.651, 134.451, 48.543, 36.228, 130.809, 138.923, 158.928, 112.871, 125.163,
      124.462, 131.238, 114.128, 114.67, 192.091, 199.95, 213.554, 109.349, 110.585, 124.549, 85.88, 222.995, 240.34,
      125.441, 84.744, 203.559, -9.623,
    ],
  ],
  [
    'continues the border to the right',
    4,
    7,
    { x: 6, y: 2, width: 8, height: 3 },
    // biome-ignore format: one number a line is no table
    [
      188.966, 104.644, 176.855, 166.949, 168.739, 168.739, 168.739, 143.409, 29.319, 161.68, 144.08, 147.373, 147.373,
      147.373, 171.261, 73.928, 176.398, 162.735, 165.276, 165.276, 165.276, 213.687, 141.425, 264.803, 248.334,
      251.486, 251.486, 251.486,
    ],
  ],
];

describe('lanczos', () => {
  it.each(PILLOW)('%s as Pillow does', (_, height, width, box, values) => {
    const resized = lanczos({ height: 7, width: 9, channels: 1 }, { height, width }, box)(pattern);
    expect(resized).toHaveLength(values.length);
    // Half a grey level of rounding, and Pillow's single precision.
    for (const [i, value] of values.entries()) {
      expect(Math.abs(resized[i] - Math.min(255, Math.max(0, value))), `pixel ${i}`).toBeLessThan(0.501);
    }
  });

  it('resizes each channel by itself', () => {
    const [from, to] = [
      { height: 7, width: 9 },
      { height: 4, width: 13 },
    ];
    const planes = [0, 1, 2].map((c) => pattern.map((value) => (value * (c + 1)) & 255));
    const rgb = Uint8Array.from({ length: 189 }, (_, i) => planes[i % 3][Math.floor(i / 3)]);
    const resized = lanczos({ ...from, channels: 3 }, to)(rgb);
    for (const [c, plane] of planes.entries()) {
      const alone = lanczos({ ...from, channels: 1 }, to)(plane);
      expect([...resized].filter((_, i) => i % 3 === c)).toEqual([...alone]);
    }
  });

  it('keeps a constant, and returns the same bytes if nothing changes', () => {
    const flat = new Uint8Array(63).fill(201);
    const from = { height: 7, width: 9, channels: 1 };
    expect(new Set(lanczos(from, { height: 20, width: 3 })(flat))).toEqual(new Set([201]));
    const beyond = { x: -4, y: 3, width: 20, height: 20 };
    expect(new Set(lanczos(from, { height: 5, width: 5 }, beyond)(flat))).toEqual(new Set([201]));
    expect(lanczos(from, { height: 7, width: 9 })(pattern)).toBe(pattern);
    const moved = lanczos(from, { height: 7, width: 9 }, { x: 1, y: 0, width: 9, height: 7 })(pattern);
    const expected = [...pattern.keys()].map((i) => pattern[i % 9 === 8 ? i : i + 1]);
    expect([...moved]).toEqual(expected);
  });
});
