import {
  bindRunOptions,
  breathe,
  bytesToFloat32,
  type CompositeLoader,
  checkFeatures,
  checkLabels,
  checkOptions,
  type FeatureMatrix,
  FerError,
  float32ToBytes,
  type Head,
  innerPart,
  mountFiles,
  partFile,
  Random,
  RUN_OPTIONS,
  type RunOptions,
  resolveLabels,
} from 'fer-core';
import { checkCount } from '../numbers.js';
import { checkClassifier } from '../rows/makeHead.js';
import { makeTurns } from '../rows/turns.js';
import { type NystroemMap, nystroemMap } from './nystroemMap.js';
import { checkGamma, type Gamma, resolveGamma } from './rbfKernel.js';

/** Options of {@link nystroem}. */
export interface NystroemOptions {
  /**
   * Width of the kernel exp(−γ‖x − z‖²), as in `rbfSVM`.
   *
   * @default 'scale'
   */
  readonly gamma?: Gamma | undefined;
  /**
   * How many training rows, drawn at random, serve as landmarks: more landmarks approximate the kernel better. With
   * fewer training rows than this, every row is used.
   *
   * @default 512
   */
  readonly components?: number | undefined;
  /**
   * Seed for drawing the landmarks.
   *
   * @default 0
   */
  readonly seed?: number | string | undefined;
}

const KIND = 'nystroem';
const LANDMARKS = 'landmarks.f32';

/**
 * Turns a linear head into an approximate RBF kernel machine, for data sets that are too large for `rbfSVM`. The head
 * learns on features whose inner products approximate the kernel (Williams & Seeger 2001; scikit-learn's `Nystroem`).
 * Time grows with rows × components × features.
 *
 * Options of `fit` and probabilities are those of the head. The result owns the head: it saves the head with itself,
 * and `dispose` also disposes the head. Predictions wait until a running fit has ended.
 *
 * @throws FerError `INVALID_ARGUMENT` if an option is out of range.
 *
 * @example
 * ```ts
 * const head = nystroem(linearL2SVM({ C: 1 }), { components: 512, gamma: 'auto' });
 * const classifier = pipe(backbone, head);
 * ```
 */
export function nystroem(head: Head, options: NystroemOptions = {}): Head {
  checkOptions('nystroem', options, ['gamma', 'components', 'seed']);
  checkClassifier('the head', head);
  return makeNystroem(head, resolve(options));
}

/** Loads a saved {@link nystroem} around any head that has a loader. */
export const nystroemLoader: CompositeLoader = {
  kind: KIND,
  async compose(part, loadMember) {
    const { width, rows, columns, options, head } = part.config;
    if (![width, rows, columns].every((value) => typeof value === 'number' && value > 0)) {
      throw new FerError('CORRUPT', `the saved ${KIND} lacks its shape: save it again.`);
    }
    // A nystroem part contains a head, which also learns from features.
    const inside = (await loadMember(innerPart(part, head, 'head'))) as unknown as Head;
    const [m, d] = [rows as number, columns as number];
    const landmarks = { data: bytesToFloat32(partFile(part, LANDMARKS), m * d), rows: m, columns: d };
    try {
      checkFeatures(landmarks);
      const map = await nystroemMap(landmarks, width as number);
      return makeNystroem(inside, resolve(options as NystroemOptions), map) as never;
    } catch (cause) {
      inside.dispose();
      throw new FerError(
        'CORRUPT',
        `the saved ${KIND} has numbers or options it cannot have: save it again.`,
        {},
        { cause },
      );
    }
  },
};

function makeNystroem(head: Head, options: Required<NystroemOptions>, initial?: NystroemMap): Head {
  let map = initial;
  // The map and the head must come from the same fit: a prediction during a fit must not mix old and new.
  const turns = makeTurns();
  const fitted = (): NystroemMap => {
    if (map) return map;
    throw new FerError('NOT_FITTED', 'the head has learned nothing yet: call fit first.');
  };
  /** Maps the features and calls `of` with them, when no fit is running. */
  const answer = <T>(
    call: string,
    x: FeatureMatrix,
    run: RunOptions | undefined,
    of: (features: FeatureMatrix) => Promise<T>,
  ): Promise<T> =>
    turns.read(async () => {
      checkOptions(call, run, RUN_OPTIONS);
      return of(await fitted().transform(x, run));
    });
  const { predictProba } = head;
  return {
    get classes() {
      return head.classes;
    },
    async fit(x, y, run) {
      const begun = performance.now();
      const labels = resolveLabels(x, y);
      await breathe(run?.signal);
      checkFeatures(x);
      checkLabels(labels, x.rows);
      if (x.rows === 0) throw new FerError('INVALID_DATA', 'no rows: give some of every class.');
      const made = await makeMap(x, options, run?.signal);
      const features = await made.transform(x, bindRunOptions(run));
      return turns.write(async () => {
        const result = await head.fit(features, labels, run);
        map = made;
        return { ...result, seconds: (performance.now() - begun) / 1000 };
      });
    },
    decisionFunction: (x, run) => answer('decisionFunction', x, run, (mapped) => head.decisionFunction(mapped, run)),
    predict: (x, run) => answer('predict', x, run, (mapped) => head.predict(mapped, run)),
    ...(predictProba && {
      predictProba: (x: FeatureMatrix, run?: RunOptions) =>
        answer('predictProba', x, run, (mapped) => predictProba.call(head, mapped, run)),
    }),
    serialize: () =>
      turns.read(async () => {
        const { gamma: width, landmarks } = fitted();
        const { kind, config, files } = await head.serialize();
        return {
          kind: KIND,
          config: {
            width,
            rows: landmarks.rows,
            columns: landmarks.columns,
            options: { ...options },
            head: { kind, config },
          },
          files: new Map([...mountFiles('head', files), [LANDMARKS, float32ToBytes(landmarks.data)]]),
        };
      }),
    dispose() {
      map = undefined;
      head.dispose();
    },
  };
}

async function makeMap(
  x: FeatureMatrix,
  { gamma, components, seed }: Required<NystroemOptions>,
  signal?: AbortSignal,
): Promise<NystroemMap> {
  const width = resolveGamma(gamma, x);
  const d = x.columns;
  const rows = new Random(seed).split('landmarks').permutation(x.rows).subarray(0, components);
  const data = new Float32Array(rows.length * d);
  rows.forEach((row, t) => void data.set(x.data.subarray(row * d, (row + 1) * d), t * d));
  return nystroemMap({ data, rows: rows.length, columns: d }, width, signal);
}

function resolve({ gamma = 'scale', components = 512, seed = 0 }: NystroemOptions): Required<NystroemOptions> {
  checkGamma(gamma);
  checkCount('components', components);
  void new Random(seed);
  return { gamma, components, seed };
}
