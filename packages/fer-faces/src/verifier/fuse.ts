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
const [UPRIGHT, SEARCH, VERIFIER, BIAS] = [1.149, 0.913, 0.638, -1.776];

/** Combines the scores of a candidate to the probability of a face, 0..1. */
export function fuse({ search, upright, verifier }: CandidateScores): number {
  const logit = UPRIGHT * logitOf(upright) + SEARCH * logitOf(search) + VERIFIER * verifier + BIAS;
  return 1 / (1 + Math.exp(-logit));
}

/** Scores of 0 and 1 have no logit. */
function logitOf(score: number): number {
  const inside = Math.min(Math.max(score, 0.001), 0.999);
  return Math.log(inside / (1 - inside));
}
