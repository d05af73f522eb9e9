import {
  argmaxRows,
  type Classifier,
  type CompositeLoader,
  checkArray,
  checkChoice,
  checkOptions,
  type FeatureMatrix,
  FerError,
  type FitResult,
  innerPart,
  type Json,
  mountFiles,
  RUN_OPTIONS,
  type RunOptions,
  sameClasses,
} from 'fer-core';
import { checkPositive } from '../numbers.js';
import { checkClassifier } from '../rows/makeHead.js';
import { makeTurns } from '../rows/turns.js';

/** Options of {@link ensemble}. */
export interface EnsembleOptions {
  /**
   * - `'average'`: the weighted mean of the members' probabilities. If no member has probabilities, the weighted mean
   *   of their scores; this is only meaningful for classifiers of one kind, whose scores have the same scale. Members
   *   with and without probabilities can't be mixed.
   * - `'vote'`: each member's prediction is a vote with its weight. Ties go to the class that comes first, as in
   *   scikit-learn's VotingClassifier.
   *
   * @default 'average'
   */
  readonly method?: 'average' | 'vote' | undefined;
  /**
   * One weight above 0 per member.
   *
   * @default 1 for each member
   */
  readonly weights?: readonly number[] | undefined;
}

/** Several classifiers as one. The members keep their types. */
export interface Ensemble<In, M extends Classifier<In> = Classifier<In>> extends Classifier<In> {
  readonly members: readonly M[];
}

/**
 * Combines several classifiers of the same classes into one.
 *
 * `decisionFunction` returns the average, or each class's share of the votes. `predictProba` exists if probabilities
 * are averaged. `fit` fits every member on the same rows, one after another; if one fails, those before it stay fitted.
 * Predictions wait until a running `fit` has ended. The ensemble owns its members: saving and loading include them, and
 * `dispose` disposes them.
 *
 * @throws FerError `INVALID_ARGUMENT` if there are no members, the weights do not fit them, members have different
 *   classes, or only some of them have probabilities.
 *
 * @example
 * ```ts
 * const both = ensemble([pipe(backbone, head), pipe(deeper, softmaxHead)], { weights: [1, 2] });
 * const predicted = await both.predict(faces);
 * ```
 */
export function ensemble<In, M extends Classifier<In> = Classifier<In>>(
  members: readonly (M & Classifier<In>)[],
  options: EnsembleOptions = {},
): Ensemble<In, M> {
  checkOptions('ensemble', options, ['method', 'weights']);
  checkArray('members', members);
  for (const member of members) checkClassifier('a member', member);
  const { method = 'average' } = options;
  checkChoice('method', method, ['average', 'vote']);
  const weights = resolveWeights(options.weights, members.length);
  checkClasses(members.filter(({ classes }) => classes.length > 0));
  const probabilities = members.filter(({ predictProba }) => predictProba).length;
  if (method === 'average' && probabilities > 0 && probabilities < members.length) {
    throw new FerError(
      'INVALID_ARGUMENT',
      `${probabilities} of ${members.length} members have probabilities: calibrate the others, or vote.`,
    );
  }
  // Relative to the largest, since the sum of large weights overflows.
  const largest = Math.max(...weights);
  const total = weights.reduce((sum, weight) => sum + weight / largest, 0);

  /** Returns the weighted mean of one matrix per member. */
  async function mean(of: (member: Classifier<In>) => Promise<FeatureMatrix>): Promise<FeatureMatrix> {
    checkClasses(members);
    let sum: Float64Array | undefined;
    let shape = { rows: 0, columns: 0 };
    for (const [m, member] of members.entries()) {
      const { data, rows, columns } = await of(member);
      shape = { rows, columns };
      const share = weights[m] / largest / total;
      sum ??= new Float64Array(data.length);
      for (let i = 0; i < data.length; i++) sum[i] += share * data[i];
    }
    return { data: Float32Array.from(sum!), ...shape };
  }

  // A prediction during a fit must not mix old and new members.
  const turns = makeTurns();
  let disposed = false;
  const predictProba = (x: In, run?: RunOptions) =>
    turns.read(async () => {
      checkOptions('predictProba', run, RUN_OPTIONS);
      return mean((member) => member.predictProba!(x, run));
    });
  const scores = (call: string, x: In, run?: RunOptions): Promise<FeatureMatrix> =>
    turns.read(async () => {
      checkOptions(call, run, RUN_OPTIONS);
      return decide(x, run);
    });
  const decide = (x: In, run?: RunOptions): Promise<FeatureMatrix> => {
    if (method === 'vote') {
      return mean(async (member) => oneHot(await member.predict(x, run), member.classes.length));
    }
    return probabilities > 0
      ? mean((member) => member.predictProba!(x, run))
      : mean((member) => member.decisionFunction(x, run));
  };
  return {
    members,
    get classes() {
      return members[0].classes;
    },
    fit: (x, y, run) =>
      turns.write(async () => {
        const results: FitResult[] = [];
        for (const member of members) results.push(await member.fit(x, y, run));
        return {
          iterations: Math.max(...results.map(({ iterations }) => iterations)),
          converged: results.every(({ converged }) => converged),
          objective: results.reduce((sum, { objective }) => sum + objective, 0),
          seconds: results.reduce((sum, { seconds }) => sum + seconds, 0),
        };
      }),
    decisionFunction: (x, run) => scores('decisionFunction', x, run),
    predict: async (x, run) => argmaxRows(await scores('predict', x, run)),
    ...(method === 'average' && probabilities > 0 && { predictProba }),
    serialize: () =>
      turns.read(async () => {
        checkClasses(members);
        const parts = await Promise.all(members.map((member) => member.serialize()));
        return {
          kind: KIND,
          config: { method, weights, members: parts.map(({ kind, config }) => ({ kind, config })) },
          files: new Map(parts.flatMap(({ files }, m) => [...mountFiles(`member-${m + 1}`, files)])),
        };
      }),
    dispose() {
      if (disposed) return;
      disposed = true;
      disposeAll(members);
    },
  };
}

const KIND = 'ensemble';

/** Loads a saved {@link ensemble} of classifiers that have loaders. */
export const ensembleLoader: CompositeLoader = {
  kind: KIND,
  async compose(part, loadMember) {
    const { method, weights, members } = part.config as { [name: string]: Json } & EnsembleOptions;
    if (!Array.isArray(members)) {
      throw new FerError('CORRUPT', 'the saved ensemble does not name its members: save it again.');
    }
    const loaded: Awaited<ReturnType<typeof loadMember>>[] = [];
    try {
      for (const [m, member] of members.entries()) {
        loaded.push(await loadMember(innerPart(part, member, `member-${m + 1}`)));
      }
    } catch (error) {
      disposeAll(loaded);
      throw error;
    }
    try {
      return ensemble(loaded, { method, weights });
    } catch (cause) {
      disposeAll(loaded);
      throw new FerError('CORRUPT', 'the saved ensemble has options it cannot have: save it again.', {}, { cause });
    }
  },
};

/** Disposes all members, even if one of them throws, and then throws the first error. */
function disposeAll(members: readonly { dispose(): void }[]): void {
  const errors: unknown[] = [];
  // An object that is a member twice is disposed once.
  for (const member of new Set(members)) {
    try {
      member.dispose();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** @throws FerError `INVALID_ARGUMENT` */
function resolveWeights(given: readonly number[] | undefined, members: number): number[] {
  if (members === 0) throw new FerError('INVALID_ARGUMENT', 'an ensemble of nothing: give one member or more.');
  if (given === undefined) return new Array(members).fill(1);
  checkArray('weights', given);
  const weights = Array.from(given);
  if (weights.length !== members) {
    throw new FerError('INVALID_ARGUMENT', `${weights.length} weights for ${members} members: give one per member.`);
  }
  weights.forEach((weight, m) => void checkPositive(`weights[${m}]`, weight));
  return weights;
}

/** Members may be fitted again on their own, so this is checked before every use. */
function checkClasses(members: readonly { readonly classes: readonly string[] }[]): void {
  for (const { classes } of members) {
    if (sameClasses(classes, members[0].classes)) continue;
    throw new FerError(
      'INVALID_ARGUMENT',
      `one member knows [${members[0].classes.join(', ')}], another [${classes.join(', ')}]: they must be the same.`,
    );
  }
}

function oneHot(labels: Uint8Array, columns: number): FeatureMatrix {
  const data = new Float32Array(labels.length * columns);
  for (let i = 0; i < labels.length; i++) data[i * columns + labels[i]] = 1;
  return { data, rows: labels.length, columns };
}
