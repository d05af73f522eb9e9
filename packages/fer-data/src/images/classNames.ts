import { checkClassNames, checkObject, FerError } from 'fer-core';

/** Other names of the seven classes of FER2013, and the class each one stands for. */
export const CLASS_SYNONYMS: Readonly<Record<string, string>> = {
  anger: 'angry',
  disgusted: 'disgust',
  afraid: 'fear',
  fearful: 'fear',
  scared: 'fear',
  happiness: 'happy',
  joy: 'happy',
  sadness: 'sad',
  surprised: 'surprise',
  neutrality: 'neutral',
};

/**
 * Finds the class that a name stands for: by the name itself, by a synonym, or by a number from 0, which is an index
 * into `classes`. Case, surrounding white space and the Unicode normal form are ignored. If a class name is a number,
 * numbers are only matched as names.
 *
 * @param synonyms - Further synonyms. They take precedence over {@link CLASS_SYNONYMS}.
 * @returns The index of the class, or −1 if there is none.
 *
 * @example
 * ```ts
 * classIndex('Happiness', FER2013_CLASSES); // 3, "happy"
 * classIndex('joie', FER2013_CLASSES, { joie: 'happy' }); // 3
 * classIndex('contempt', FER2013_CLASSES); // -1
 * ```
 */
export function classIndex(
  name: string,
  classes: readonly string[],
  synonyms: Readonly<Record<string, string>> = {},
): number {
  checkClassNames(classes);
  checkObject('synonyms', synonyms, 'give { name: className, … }');
  const texts = [name, ...Object.values(synonyms)];
  if (!texts.every((text) => typeof text === 'string')) {
    throw new FerError(
      'INVALID_ARGUMENT',
      'the name or a synonym is not a string: give a name, and { name: className, … }.',
    );
  }
  const key = foldName(name);
  const named = (wanted: string) => {
    const exact = classes.findIndex((known) => known.normalize() === wanted.normalize());
    return exact >= 0 ? exact : classes.findIndex((known) => foldName(known) === foldName(wanted));
  };
  const direct = named(name);
  if (direct >= 0) return direct;
  const synonym = Object.keys(synonyms).find((other) => foldName(other) === key);
  if (synonym !== undefined) return named(synonyms[synonym]);
  if (Object.hasOwn(CLASS_SYNONYMS, key)) return named(CLASS_SYNONYMS[key]);
  if (!isNumber(key) || classes.some(isNumber)) return -1;
  return Number(key) < classes.length ? Number(key) : -1;
}

/** A name in the form in which names are compared. */
export function foldName(name: string): string {
  return name.normalize().trim().toLowerCase();
}

/** Whether a name is a whole number from 0. */
export function isNumber(name: string): boolean {
  return /^\d+$/.test(name.trim());
}
