import { FerError, indexOfClass } from 'fer-core';

/**
 * What the classes of a data set are to a classifier: for each the classifier's class of the same meaning, several that
 * together make it up, or `null` to leave its rows out. A class that is not named stands for the one of its own name.
 */
export type ClassMapping = { readonly [datasetClass: string]: string | readonly string[] | null };

/** A mapping worked out: the classes that a classifier is measured on, and how both sides come to them. */
export interface ResolvedMapping {
  /** First those of the data, in their order, then what the classifier knows and the data have not. */
  readonly classes: readonly string[];
  /** For each class of the data the index of the class measured, or −1 for one left out. */
  readonly fromData: readonly number[];
  /** For each class of the classifier the index of the class measured. */
  readonly fromClassifier: readonly number[];
}

/**
 * Works out a mapping. A class measured has the classifier's name where it is one of its classes, else the data's.
 *
 * @throws FerError `INVALID_ARGUMENT` where a name is unknown, a class of the data has nothing to stand for, or two
 *   overlap without being the same.
 */
export function resolveMapping(
  dataClasses: readonly string[],
  known: readonly string[],
  mapping: ClassMapping,
): ResolvedMapping {
  const stranger = Object.keys(mapping).find((name) => !dataClasses.includes(name));
  if (stranger !== undefined) fail(`mapping names "${stranger}": the data have [${dataClasses.join(', ')}].`);
  const classes: string[] = [];
  const owner = new Array<number>(known.length).fill(-1);
  const fromData = dataClasses.map((name) => {
    const target = Object.hasOwn(mapping, name) ? mapping[name] : name;
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
  const unknown = names.find((wanted, i) => indexOfClass(known, wanted) < 0 || indexOfClass(names, wanted) !== i);
  if (names.length === 0 || unknown !== undefined) {
    const what = unknown === undefined ? 'stands for nothing' : `stands for "${unknown}"`;
    fail(`class "${name}" of the data ${what}: map it to some of [${known.join(', ')}], each once, or to null.`);
  }
  return names.map((wanted) => indexOfClass(known, wanted));
}

function fail(message: string): never {
  throw new FerError('INVALID_ARGUMENT', message);
}
