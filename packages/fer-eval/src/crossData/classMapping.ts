import { checkArray, FerError, indexOfClass } from 'fer-core';

/**
 * Maps each class of a data set to the classifier's class of the same meaning, to several classes that it consists of,
 * or to `null` to leave its rows out. A class that is not listed maps to the class of the same name.
 */
export type ClassMapping = { readonly [datasetClass: string]: string | readonly string[] | null };

/** A resolved mapping: the evaluated classes, and how the classes of both sides map to them. */
export interface ResolvedMapping {
  /** First the classes of the data, in order, then those of the classifier that the data lack. */
  readonly classes: readonly string[];
  /** For each class of the data, the index of the evaluated class, or −1 if it is left out. */
  readonly fromData: readonly number[];
  /** For each class of the classifier, the index of the evaluated class. */
  readonly fromClassifier: readonly number[];
}

/**
 * Resolves a mapping. An evaluated class has the classifier's name if it is one of its classes, otherwise the data's
 * name.
 *
 * @throws FerError `INVALID_ARGUMENT` if a name is unknown, a class of the data has no counterpart, or two classes
 *   overlap without being the same.
 */
export function resolveMapping(
  dataClasses: readonly string[],
  known: readonly string[],
  mapping: ClassMapping,
): ResolvedMapping {
  const targets = new Map<number, ClassMapping[string]>();
  for (const [name, target] of Object.entries(mapping)) {
    const at = indexOfClass(dataClasses, name); // the same class if only its Unicode form differs
    if (at < 0) fail(`mapping names "${name}": the data have [${dataClasses.join(', ')}].`);
    if (targets.has(at)) fail(`mapping names "${name}" twice, in two Unicode forms: name each class once.`);
    targets.set(at, target);
  }
  const classes: string[] = [];
  const owner = new Array<number>(known.length).fill(-1);
  const fromData = dataClasses.map((name, at) => {
    const target = targets.has(at) ? targets.get(at)! : name;
    if (target === null) return -1;
    const members = membersOf(name, target, known);
    const owners = new Set(members.map((member) => owner[member]));
    if (owners.size === 1 && !owners.has(-1)) {
      const [same] = owners;
      if (owner.filter((at) => at === same).length === members.length) return same;
    }
    if (owners.size > 1 || !owners.has(-1)) {
      fail(`mapping: "${name}" shares some of [${members.map((m) => known[m]).join(', ')}] with another class.`);
    }
    for (const member of members) owner[member] = classes.length;
    return classes.push(members.length === 1 ? known[members[0]] : name) - 1;
  });
  if (classes.length === 0) fail('mapping leaves out every class of the data: keep at least one.');
  const fromClassifier = owner.map((at, i) => (at >= 0 ? at : classes.push(known[i]) - 1));
  if (new Set(classes).size !== classes.length) {
    fail(
      `mapping gives the classes [${classes.join(', ')}]: rename the data's class that has a name of the classifier's.`,
    );
  }
  return { classes, fromData, fromClassifier };
}

function membersOf(name: string, target: string | readonly string[], known: readonly string[]): number[] {
  const names = typeof target === 'string' ? [target] : target;
  checkArray(`the classes that "${name}" stands for`, names);
  const unknown = names.findIndex((wanted, i) => indexOfClass(known, wanted) < 0 || indexOfClass(names, wanted) !== i);
  if (names.length === 0 || unknown >= 0) {
    const what = unknown < 0 ? 'stands for nothing' : `stands for "${names[unknown]}"`;
    fail(`class "${name}" of the data ${what}: map it to some of [${known.join(', ')}], each once, or to null.`);
  }
  return names.map((wanted) => indexOfClass(known, wanted));
}

function fail(message: string): never {
  throw new FerError('INVALID_ARGUMENT', message);
}
