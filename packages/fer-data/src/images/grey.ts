/**
 * Luma after ITU-R BT.601 of n pixels: (19595 R + 38470 G + 7471 B + 32768) / 65536, rounded down, as OpenCV and Pillow
 * have it. A grey pixel keeps its value.
 *
 * @param rgb - n × 3 bytes.
 */
export function toGrey(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0, at = 0; i < grey.length; i++, at += 3) {
    grey[i] = (19595 * rgb[at] + 38470 * rgb[at + 1] + 7471 * rgb[at + 2] + 32768) >>> 16;
  }
  return grey;
}

/** Each grey level as a pixel of three equal ones. */
export function toRgb(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(3 * grey.length);
  for (let i = 0; i < rgb.length; i++) rgb[i] = grey[Math.floor(i / 3)];
  return rgb;
}
