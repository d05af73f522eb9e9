/** The scores of one candidate. */
export interface CandidateScores {
  /** YuNet's score in the search, 0..1. */
  readonly search: number;
  /** YuNet's mean score in the two upright crops, 0..1. */
  readonly upright: number;
  /** The verifier's logit. */
  readonly verifier: number;
}

/**
 * Weights of the logits of the three scores, and the bias. Fitted by logistic regression (C = 1) on candidates: faces of
 * FER2013's Training rows pasted onto pictures, and other things in these and in pictures without faces. See
 * training/README.md.
 */
const [UPRIGHT, SEARCH, VERIFIER, BIAS] = [0.909, 0.313, 0.772, -1.183];

/**
 * The more a photo is enlarged, and the larger it is, the more places are searched, and the more of them look like a face
 * without being one. So the logit falls with the logarithm of the number of pixels of the finest level, by this much.
 * Fitted with the other weights on the scenes with pasted faces; it is 0 at the largest level of a photo of 4:3.
 */
const SEARCHED = 0.44;

/** The numbers of pixels between which this was fitted: the finest levels of photos of 320 and of 1,024 pixels and more. */
const [LEAST_SEARCHED, MOST_SEARCHED] = [800 * 600, 2560 * 1920];

/**
 * Combines the scores of a candidate to the probability of a face, 0..1.
 *
 * @param searched - Pixels of the finest level of the search.
 */
export function fuse({ search, upright, verifier }: CandidateScores, searched: number): number {
  const fraction = Math.min(Math.max(searched, LEAST_SEARCHED), MOST_SEARCHED) / MOST_SEARCHED;
  const scores = UPRIGHT * logitOf(upright) + SEARCH * logitOf(search) + VERIFIER * verifier;
  return 1 / (1 + Math.exp(SEARCHED * Math.log(fraction) - scores - BIAS));
}

/** YuNet's scores are between 0, which has no logit, and 0.95. The fit used the same limits. */
function logitOf(score: number): number {
  const inside = Math.min(Math.max(score, 0.01), 0.97);
  return Math.log(inside / (1 - inside));
}
