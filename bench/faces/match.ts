import type { Face, FaceBox } from 'fer-faces';

/** Which of a picture's faces a detector found. */
export interface Matched {
  /** For each true face, the index of the detection that matches it. */
  readonly found: readonly (number | undefined)[];
  /** Indices of the detections that match no face. */
  readonly wrong: readonly number[];
}

/**
 * Matches detections with true faces. A detection matches a face if its centre lies in the face's box and its area is
 * between one seventh and three times the box's: some of FER2013's pictures show a small head, and others only a part
 * of a face, whose box is then larger than the picture.
 */
export function match(finds: readonly Face[], truth: readonly FaceBox[]): Matched {
  const shows = (i: number, box: FaceBox): boolean => {
    const { x, y, width, height } = finds[i].box;
    const [u, v] = [x + width / 2 - box.x, y + height / 2 - box.y];
    const area = (width * height) / (box.width * box.height);
    return u > 0 && v > 0 && u < box.width && v < box.height && area > 1 / 7 && area < 3;
  };
  const all = [...finds.keys()];
  const found = truth.map((box) => all.find((i) => shows(i, box)));
  return { found, wrong: all.filter((i) => !truth.some((box) => shows(i, box))) };
}
