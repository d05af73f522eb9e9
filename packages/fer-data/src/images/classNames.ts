/** What people call the seven classes of FER2013, and the class each name stands for. */
export const CLASS_SYNONYMS: Readonly<Record<string, string>> = {
  ...{ 0: 'angry', 1: 'disgust', 2: 'fear', 3: 'happy', 4: 'sad', 5: 'surprise', 6: 'neutral' },
  ...{ anger: 'angry', disgusted: 'disgust', afraid: 'fear', fearful: 'fear', scared: 'fear' },
  ...{ happiness: 'happy', joy: 'happy', sadness: 'sad', surprised: 'surprise', neutrality: 'neutral' },
};

/**
 * The index of the class that a name stands for: itself, in any case, or by a synonym.
 *
 * @param synonyms - Added to {@link CLASS_SYNONYMS}, and stronger; keys in lower case.
 * @returns −1 where there is none.
 */
export function classIndex(
  name: string,
  classes: readonly string[],
  synonyms: Readonly<Record<string, string>> = {},
): number {
  const key = name.trim().toLowerCase();
  const named = (wanted: string) => classes.findIndex((known) => known.toLowerCase() === wanted.toLowerCase());
  const direct = named(key);
  if (direct >= 0) return direct;
  const meant = Object.hasOwn(synonyms, key) ? synonyms[key] : CLASS_SYNONYMS[key];
  return meant === undefined ? -1 : named(meant);
}
