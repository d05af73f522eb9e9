/** Explains the terms of a report, in one sentence each. */
export const GLOSSARY: Readonly<Record<string, string>> = {
  balanced:
    'Balanced accuracy: the mean of the recalls of all classes, so that rare classes count as much as frequent ones.',
  'macro F1': 'The mean F1 of all classes, each counting the same.',
  precision: 'Of the images predicted as a class, the fraction that are of it.',
  recall: 'Of the images of a class, the fraction predicted as it.',
  F1: 'The harmonic mean of precision and recall.',
  support: 'The number of images of the class.',
  'error rate': 'Of the images of a class, the fraction predicted as another: 1 − recall.',
  p: 'The probability of a difference at least this large if both heads were equally good (McNemar’s exact test, corrected by Holm for the number of comparisons).',
  verdict: 'Better or worse where p is below 5 %; otherwise the data can’t tell the two apart.',
  fit: 'The time to fit the head to the features.',
  converged: 'Whether the solver reached its tolerance.',
  'expected calibration error':
    'The mean distance between confidence and accuracy: 0 where 70 % sure means right in 70 %.',
  largest: 'The largest distance between confidence and accuracy in any bin of confidences.',
  'log loss': 'The mean of −ln(probability of the actual class); lower is better, and being surely wrong costs most.',
  'area under ROC':
    'The probability that an image of the class scores higher than one of another class; 0.5 is chance.',
  'average precision': 'The area under the precision-recall curve: the mean precision over all thresholds.',
};
