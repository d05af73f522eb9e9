import type { Dataset, Images } from 'fer-core';

/** A class to learn, and the faces recorded for it. */
export interface Lesson {
  name: string;
  readonly faces: Images[];
}

/** Says what is missing before the classes can be learned; undefined if nothing is. */
export function missing(lessons: readonly Lesson[]): string | undefined {
  const names = lessons.map(({ name }) => name);
  if (lessons.length < 2) return 'Add a second class.';
  if (names.includes('')) return 'Give every class a name.';
  if (new Set(names).size < names.length) return 'Give the classes different names.';
  const empty = lessons.find(({ faces }) => faces.length === 0);
  return empty && `Record some pictures for “${empty.name}”.`;
}

/** Combines all lessons into one data set. */
export function toDataset(lessons: readonly Lesson[]): Dataset {
  const faces = lessons.flatMap((lesson) => lesson.faces);
  const { height, width, channels } = faces[0];
  const size = height * width * channels;
  const images = new Uint8Array(faces.length * size);
  for (const [i, face] of faces.entries()) images.set(face.images, i * size);
  const labels = Uint8Array.from(lessons.flatMap((lesson, label) => lesson.faces.map(() => label)));
  return { images, n: faces.length, height, width, channels, labels, classes: lessons.map(({ name }) => name) };
}
