import {
  checkArray,
  checkFunction,
  checkImages,
  checkObject,
  checkOptions,
  checkString,
  describeValue,
  FerError,
  type Images,
  selectImages,
} from 'fer-core';
import { checkWhole } from '../arguments/numbers.js';
import {
  checkPredictions,
  checkProbabilities,
  checkScores,
  type Predictions,
  type ScoreMatrix,
} from '../metrics/predictions.js';
import { imageUrl } from './png.js';

/** The input of {@link worstMistakes}: predictions with their probabilities or scores. */
export interface MistakesInput extends Predictions {
  /**
   * n × k probabilities, with rows summing to 1. They are preferred, because confidence can then be shown in percent.
   */
  readonly probabilities?: ScoreMatrix | undefined;
  /** n × k raw scores, if there are no probabilities. */
  readonly scores?: ScoreMatrix | undefined;
}

/** Options of {@link worstMistakes}. */
export interface MistakesOptions {
  /** How many to return, at least 1. @default 40 */
  readonly count?: number | undefined;
  /** The n images, for showing the faces. @default none */
  readonly images?: Images | undefined;
  /**
   * Draws an explanation over faces, such as Grad-CAM. It gets the faces of the mistakes and their predicted classes,
   * and returns the same number of images of the same size. Requires `images`.
   *
   * @default none
   */
  readonly explain?: ((faces: Images, predicted: Uint8Array) => Promise<Images>) | undefined;
  /** One name per image, as `Dataset.ids`. @default none */
  readonly ids?: readonly string[] | undefined;
}

/** A wrong prediction with its confidence, as plain JSON. */
export interface Mistake {
  /** Index of the row. */
  readonly row: number;
  readonly id?: string;
  /** Names of classes. */
  readonly actual: string;
  readonly predicted: string;
  /** Confidence: the probability of the predicted class, or its score minus that of the actual class. */
  readonly sureness: number;
  readonly measure: 'probability' | 'margin';
  /** The image as a PNG in a `data:` URL, if images were given. */
  readonly face?: string;
  /** The explanation drawn over the face, as a PNG in a `data:` URL, if `explain` was given. */
  readonly explanation?: string;
}

/**
 * Returns the most confident mistakes, in descending order of confidence; in a tie the first row comes first. Some of
 * them show weaknesses of the classifier. On FER2013, some of them show wrong labels.
 *
 * @throws FerError `INVALID_DATA` as `evaluate`; `INVALID_ARGUMENT` if there are neither probabilities nor scores, or
 *   an option is invalid; `INVALID_DATA` if `explain` doesn't return one image per face.
 *
 * @example
 * ```ts
 * const mistakes = await worstMistakes({ actual: test.labels, predicted, classes, probabilities }, { images: test });
 * ```
 */
export async function worstMistakes(input: MistakesInput, options: MistakesOptions = {}): Promise<Mistake[]> {
  checkOptions('worstMistakes', options, ['count', 'images', 'ids', 'explain']);
  const { count = 40, images, ids } = options;
  checkObject('the input of worstMistakes', input, 'give { actual, predicted, classes, probabilities }');
  checkOptions('worstMistakes', input, ['actual', 'predicted', 'classes', 'probabilities', 'scores']);
  checkPredictions(input);
  const { actual, predicted, classes, probabilities, scores } = input;
  const [n, k] = [actual.length, classes.length];
  if (options.explain !== undefined) checkFunction('explain', options.explain);
  if (ids !== undefined) {
    checkArray('ids', ids);
    for (let i = 0; i < ids.length; i++) checkString(`id ${i + 1}`, ids[i]);
  }
  checkWhole('count', count, 1);
  if (probabilities !== undefined) checkProbabilities(probabilities, n, k);
  else if (scores !== undefined) checkScores(scores, n, k);
  else throw new FerError('INVALID_ARGUMENT', 'neither probabilities nor scores: give one, to tell which were sure.');
  if (images !== undefined) checkImages(images);
  if ((images && images.n !== n) || (ids && ids.length !== n)) {
    const [what, given] = images && images.n !== n ? ['images', images.n] : ['ids', ids!.length];
    throw new FerError('INVALID_DATA', `${given} ${what} for ${n} predictions: give one each.`);
  }
  const data = (probabilities ?? scores!).data;
  const sureness = (row: number) => data[row * k + predicted[row]] - (probabilities ? 0 : data[row * k + actual[row]]);
  const wrong = Array.from({ length: n }, (_, row) => row).filter((row) => predicted[row] !== actual[row]);
  wrong.sort((a, b) => sureness(b) - sureness(a));
  const shown = wrong.slice(0, count);
  const faces = images && selectImages(images, shown);
  const explained =
    faces && options.explain && shown.length > 0
      ? checkExplained(
          await options.explain(
            faces,
            Uint8Array.from(shown, (row) => predicted[row]),
          ),
          shown.length,
        )
      : undefined;
  return Promise.all(
    shown.map(async (row, i) => ({
      row,
      ...(ids && { id: ids[row] }),
      actual: classes[actual[row]],
      predicted: classes[predicted[row]],
      sureness: sureness(row),
      measure: probabilities ? ('probability' as const) : ('margin' as const),
      ...(faces && { face: await imageUrl(faces, i) }),
      ...(explained && { explanation: await imageUrl(explained, i) }),
    })),
  );
}

/** Returns its argument. @throws FerError `INVALID_DATA` if it is not one image per face. */
function checkExplained(explained: Images, faces: number): Images {
  const isObject = typeof explained === 'object' && explained !== null;
  if (!isObject || explained.n !== faces) {
    const given = isObject ? `${describeValue(explained.n)} images` : describeValue(explained);
    throw new FerError('INVALID_DATA', `explain gave ${given} for ${faces} faces: return one each.`);
  }
  checkImages(explained);
  return explained;
}
