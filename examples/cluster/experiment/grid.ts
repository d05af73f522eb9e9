import { compactVgg, cosine, type LayersBackbone, shallowCnn } from 'fer-backbones';
import { FerError, type JsonObject } from 'fer-core';
import { randomFlip } from 'fer-data';
import type { ExperimentBackbone, ExperimentHead } from 'fer-eval/node';
import { linearL2SVM, rbfSVM, softmax } from 'fer-heads';

/** A row or a column of a grid: a name and its options. Unlike closures, it can be sent to other machines. */
export interface GridEntry {
  /** Its name in tables: `l2svm:C=0.001`. */
  readonly name: string;
  /** `shallow-cnn`, `l2svm`, … */
  readonly of: string;
  readonly options: { readonly [name: string]: number };
}

interface BackboneOptions {
  /** Epochs of training. */
  readonly epochs: number;
  readonly learningRate: number;
}

const BACKBONES: Readonly<Record<string, (options: { readonly seed: number }) => LayersBackbone>> = {
  'shallow-cnn': shallowCnn,
  'compact-vgg': compactVgg,
};

const HEADS = {
  softmax: { C: 1, make: (C: number) => softmax({ C }) },
  l2svm: { C: 1e-3, make: (C: number) => linearL2SVM({ C }) },
  'rbf-svm': { C: 1, make: (C: number) => rbfSVM({ C }) },
} as const;

/** The backbones that a grid may contain. */
export const backboneNames = Object.keys(BACKBONES);

/** The heads that a grid may contain. */
export const headNames = Object.keys(HEADS);

/**
 * Reads an entry of a grid: a name, and options after a colon.
 *
 * @throws FerError `INVALID_ARGUMENT` for an unknown name or option, or a value that is not a number.
 *
 * @example
 * ```ts no-run
 * readEntry('l2svm:C=0.01', { names: headNames, options: ['C'] }); // { of: 'l2svm', options: { C: 0.01 }, … }
 * ```
 */
export function readEntry(
  text: string,
  known: { readonly names: readonly string[]; readonly options: readonly string[] },
): GridEntry {
  const [of, ...rest] = text.split(':');
  if (!known.names.includes(of)) {
    throw new FerError('INVALID_ARGUMENT', `there is no "${of}": give one of ${known.names.join(', ')}.`);
  }
  const options: Record<string, number> = {};
  for (const pair of rest.flatMap((part) => part.split(','))) {
    const [name, value = ''] = pair.split('=');
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (!known.options.includes(name) || !(Number.isFinite(number) && number > 0)) {
      throw new FerError(
        'INVALID_ARGUMENT',
        `"${pair}" of "${text}" is not an option: give ${known.options.map((option) => `${option}=NUMBER`).join(' or ')}, ` +
          'above 0.',
      );
    }
    options[name] = number;
  }
  const sorted = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return { name: text, of, options: Object.fromEntries(sorted) };
}

/** The backbone, as `runExperiment` takes it. */
export function backboneOf({ name, of, options }: GridEntry): ExperimentBackbone {
  const { epochs = 5, learningRate = 5e-4 }: Partial<BackboneOptions> = options;
  return {
    name,
    options: { of, epochs, learningRate } satisfies JsonObject,
    async make({ seed, train, validation, onProgress, signal }) {
      const backbone = BACKBONES[of]({ seed });
      await backbone.fit(train, {
        epochs,
        learningRate,
        schedule: cosine(),
        augmentation: randomFlip(),
        validation,
        seed,
        onProgress,
        signal,
      });
      return backbone;
    },
  };
}

/** The head, as `runExperiment` takes it. */
export function headOf({ name, of, options }: GridEntry): ExperimentHead {
  const { C: usual, make } = HEADS[of as keyof typeof HEADS];
  const { C = usual } = options;
  return { name, options: { of, C }, make: () => make(C) };
}
