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

/** Combines the scores of a candidate to the probability of a face, 0..1. */
export function fuse({ search, upright, verifier }: CandidateScores): number {
  const logit = UPRIGHT * logitOf(upright) + SEARCH * logitOf(search) + VERIFIER * verifier + BIAS;
  return 1 / (1 + Math.exp(-logit));
}

/** YuNet's scores are between 0, which has no logit, and 0.95. The fit used the same limits. */
function logitOf(score: number): number {
  const inside = Math.min(Math.max(score, 0.01), 0.97);
  return Math.log(inside / (1 - inside));
}
