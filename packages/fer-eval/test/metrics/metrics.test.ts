import { describe, expect, it } from 'vitest';
import {
  averagePrecision,
  calibration,
  classificationReport,
  classMetrics,
  confusionMatrix,
  evaluate,
  logLoss,
  normalizeConfusion,
  precisionRecallCurve,
  rankingCurves,
  rocAuc,
  rocCurve,
  topKAccuracy,
} from '../../src/index.js';
import { expectClose, makeCase } from '../cases.js';
// Made by `python3 test/reference/metrics.py` with scikit-learn 1.2.1.
import reference from '../reference/metrics.json' with { type: 'json' };

const cases = [
  { name: 'seven classes', data: makeCase(400, 7, 1, 0), expected: reference.plain },
  { name: 'four classes with tied scores', data: makeCase(120, 4, 2, 3), expected: reference.ties },
];

describe.each(cases)('against scikit-learn: $name', ({ data, expected }) => {
  // Computed by each test itself, so that mutation testing sees which tests reach the code.
  const evaluated = () => evaluate(data, { bins: 10 });

  it('confusion matrix, raw and normalised', () => {
    const { confusion } = evaluated();
    expect(confusion.counts).toEqual(expected.confusion);
    expectClose(normalizeConfusion(confusion, 'true')[1], expected.norm_true);
    expectClose(normalizeConfusion(confusion, 'pred')[1], expected.norm_pred);
    expectClose(normalizeConfusion(confusion, 'all')[1], expected.norm_all);
  });

  it('accuracy, balanced accuracy, kappa, Matthews correlation', () => {
    const evaluation = evaluated();
    expectClose(evaluation.accuracy, expected.accuracy);
    expectClose(evaluation.balancedAccuracy, expected.balanced);
    expectClose(evaluation.kappa, expected.kappa);
    expectClose(evaluation.matthews, expected.mcc);
  });

  it('precision, recall, F1, support and their means', () => {
    const evaluation = evaluated();
    const { perClass } = evaluation;
    for (const key of ['precision', 'recall', 'f1', 'support'] as const) {
      expectClose(
        perClass.map((m) => m[key]),
        expected[key],
        key,
      );
    }
    expectClose(
      perClass.map((m) => m.errorRate),
      expected.recall.map((recall) => 1 - recall),
    );
    for (const key of ['macro', 'weighted'] as const) {
      const { precision, recall, f1 } = evaluation[key];
      expectClose([precision, recall, f1], expected[key], key);
    }
  });

  it('ROC, its area, average precision', () => {
    const evaluation = evaluated();
    expectClose(evaluation.ranking?.auc, expected.auc);
    expectClose(evaluation.ranking?.averagePrecision, expected.ap);
    const curve = rocCurve(data.actual, data.scores, 1)!;
    expectClose(
      [
        curve.truePositiveRate.length,
        curve.falsePositiveRate.slice(0, 8),
        curve.truePositiveRate.slice(0, 8),
        curve.thresholds.slice(1, 8),
      ],
      expected.roc,
    );
  });

  it('the precision-recall curve, from the highest threshold down', () => {
    const evaluation = evaluated();
    const { precision, recall, thresholds } = precisionRecallCurve(data.actual, data.scores, 1)!;
    expectClose([precision.length, precision.slice(0, 9), recall.slice(0, 9), thresholds.slice(1, 9)], expected.pr);
    const [curves] = [rankingCurves(data, { spacing: 0 })];
    expectClose(
      curves[1].precisionRecall?.map(([x]) => x),
      recall,
    );
    expect(curves[1].auc).toBe(evaluation.ranking?.auc[1]);
    // Thinned, what is left is of the curve, and its ends are.
    const thin = rankingCurves(data, { spacing: 0.05 })[1];
    expect(thin.roc!.length).toBeLessThan(50);
    expect([thin.roc![0], thin.roc!.at(-1)]).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it('log loss, expected calibration error, reliability curve', () => {
    const evaluation = evaluated();
    expectClose(evaluation.logLoss, expected.logloss);
    expectClose(evaluation.calibration?.expectedError, expected.ece);
    const bins = evaluation.calibration!.bins.filter(({ count }) => count > 0);
    expectClose([bins.map((b) => b.accuracy), bins.map((b) => b.confidence)], expected.reliability);
  });

  it('the printed report, letter by letter', () => {
    const { confusion } = evaluated();
    expect(classificationReport(confusion)).toBe(expected.report);
  });

  it('is plain JSON', () => {
    const evaluation = evaluated();
    expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation);
  });
});

describe('top-k accuracy', () => {
  it('equals scikit-learn without ties', () => {
    expectClose(topKAccuracy(cases[0].data.actual, cases[0].data.scores, 2), reference.plain.top2);
  });

  it('breaks ties as predict does: top-1 is the accuracy, top-k is 1', () => {
    for (const { data } of cases) {
      const { ranking, accuracy } = evaluate(data);
      expect(ranking?.topK[0]).toBe(accuracy);
      expect(ranking?.topK.at(-1)).toBe(1);
    }
  });
});

describe('classes that never occur, and other 0/0', () => {
  const predictions = { actual: [0, 0, 1, 1], predicted: [0, 1, 1, 2], classes: ['a', 'b', 'c', 'd'] };

  it('takes zeroDivision where a ratio is 0/0, and only there', () => {
    // precision_recall_fscore_support([0,0,1,1], [0,1,1,2], labels=range(4), zero_division=1), scikit-learn 1.2.1:
    // precision 1 .5 0 1, recall .5 .5 1 1, F1 .667 .5 0 1.
    const ones = classMetrics(confusionMatrix(predictions), { zeroDivision: 1 });
    expect(ones.map((m) => m.precision)).toEqual([1, 0.5, 0, 1]);
    expect(ones.map((m) => m.recall)).toEqual([0.5, 0.5, 1, 1]);
    expect(ones.map((m) => m.f1)).toEqual([2 / 3, 0.5, 0, 1]);
    const zeros = classMetrics(confusionMatrix(predictions));
    expect(zeros.map((m) => m.precision)).toEqual([1, 0.5, 0, 0]);
    expect(zeros.map((m) => m.f1)).toEqual([2 / 3, 0.5, 0, 0]);
    expect(zeros.map((m) => m.errorRate)).toEqual([0.5, 0.5, null, null]);
  });

  it('leaves absent classes out of balanced accuracy and of the mean AUC', () => {
    const scores = { data: new Float32Array(16).fill(0.25), rows: 4, columns: 4 };
    const evaluation = evaluate({ ...predictions, probabilities: scores });
    expect(evaluation.balancedAccuracy).toBe(0.5);
    expect(evaluation.ranking?.auc).toEqual([0.5, 0.5, null, null]);
    expect(evaluation.ranking?.macroAuc).toBe(0.5);
    expect(averagePrecision(predictions.actual, scores)).toEqual([0.5, 0.5, null, null]);
    expect(rocCurve(predictions.actual, scores, 3)).toBeNull();
    expect(precisionRecallCurve(predictions.actual, scores, 3)).toBeNull();
    expect(normalizeConfusion(confusionMatrix(predictions), 'true')[3]).toEqual([0, 0, 0, 0]);
  });

  it('gives no NaN where all is one class', () => {
    const evaluation = evaluate({ actual: [0, 0], predicted: [0, 0], classes: ['a', 'b'] });
    expect(evaluation.kappa).toBe(0);
    expect(evaluation.matthews).toBe(0);
    expect(evaluation.accuracy).toBe(1);
    expect(rocAuc([0, 0], { data: new Float32Array(4), rows: 2, columns: 2 })).toEqual([null, null]);
  });

  it('charges certain errors finitely', () => {
    // sklearn.metrics.log_loss([1], [[1., 0.]], labels=[0, 1]) with scikit-learn 1.2.1
    const certain = { data: Float64Array.of(1, 0), rows: 1, columns: 2 };
    expectClose(logLoss([1], certain), 36.04365338911715);
  });

  it('rounds exact ties as Python does', () => {
    // 5 of 8: 0.625 prints as 0.62, 3 of 8: 0.375 as 0.38.
    const five = confusionMatrix({
      actual: new Uint8Array(8),
      predicted: [0, 0, 0, 0, 0, 1, 1, 1],
      classes: ['a', 'b'],
    });
    expect(classificationReport(five).split('\n')[2]).toBe('           a       1.00      0.62      0.77         8');
    expect(classificationReport(five, { digits: 3 })).toContain('0.625');
    const three = confusionMatrix({
      actual: new Uint8Array(8),
      predicted: [0, 0, 0, 1, 1, 1, 1, 1],
      classes: ['a', 'b'],
    });
    expect(classificationReport(three).split('\n')[2]).toBe('           a       1.00      0.38      0.55         8');
  });
});

describe('calibration', () => {
  it('puts an edge into the bin it closes', () => {
    const probabilities = { data: Float64Array.of(0.5, 0.5, 1, 0), rows: 2, columns: 2 };
    const { bins, expectedError, maximumError } = calibration([0, 1], probabilities, { bins: 2 });
    expect(bins.map((b) => b.count)).toEqual([1, 1]);
    expect(expectedError).toBe(0.75);
    expect(maximumError).toBe(1);
  });
});

describe('calibration in its details', () => {
  const two = (...data: number[]) => ({ data: Float64Array.from(data), rows: data.length / 2, columns: 2 });

  it('has bins of equal width, and the largest gap of any of them', () => {
    // Bin (0, 0.5] is empty of confidences above 0.5; (0.5, 1] holds 0.8 right, 0.6 wrong; 0.5 right lies in the first.
    const found = calibration([0, 0, 1], two(0.8, 0.2, 0.4, 0.6, 0.5, 0.5), { bins: 2 });
    expect(found.bins).toEqual([
      { from: 0, to: 0.5, count: 1, confidence: 0.5, accuracy: 0 },
      { from: 0.5, to: 1, count: 2, confidence: 0.7, accuracy: 0.5 },
    ]);
    expectClose([found.expectedError, found.maximumError], [0.9 / 3, 0.5]);
  });

  it('takes probabilities that rounding made larger than 1', () => {
    const { bins } = calibration([0], two(1.00005, 0), { bins: 2 });
    expect(bins.map(({ count }) => count)).toEqual([0, 1]);
  });

  it('takes 1 to 1,000 bins', () => {
    for (const bins of [1, 1000]) expect(calibration([0], two(1, 0), { bins }).bins).toHaveLength(bins);
    for (const bins of [0, 1001, 2.5]) {
      expect(() => calibration([0], two(1, 0), { bins })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    }
  });

  it('and log loss name the column of a bad label', () => {
    for (const metric of [logLoss, calibration]) {
      expect(() => metric([2], two(1, 0))).toThrow(/row 1, column actual: label 2/);
    }
  });

  it('log loss divides each row by its sum', () => {
    // sklearn.metrics.log_loss([0, 1], [[.50004, .5], [.2, .80003]], labels=[0, 1]) with scikit-learn 1.2.1
    expectClose(logLoss([0, 1], two(0.50004, 0.5, 0.2, 0.80003)), 0.45812161726356104);
  });
});

describe('rankingCurves', () => {
  // Positives and negatives by turns: the ROC curve climbs a stair of four steps, of a quarter each.
  const actual = [1, 0, 1, 0, 1, 0, 1, 0];
  const data = Float64Array.from({ length: 16 }, (_, i) => (i % 2 === 1 ? 8 - (i >> 1) : 0));
  const roc = (spacing?: number) =>
    rankingCurves({ actual, classes: ['a', 'b'], scores: { data, rows: 8, columns: 2 } }, { spacing })[1].roc;
  const stair = [
    [0, 0],
    [0, 0.25],
    [0.25, 0.25],
    [0.25, 0.5],
    [0.5, 0.5],
    [0.5, 0.75],
    [0.75, 0.75],
    [0.75, 1],
    [1, 1],
  ];

  it('leaves out points closer than the spacing on both axes, but never the last', () => {
    expect(roc(0.3)).toEqual([stair[0], stair[3], stair[6], stair[8]]);
    expect(roc(0.25)).toEqual(stair);
    expect(roc()).toEqual(stair);
    expect(roc(2)).toEqual([stair[0], stair[8]]);
  });

  it('is null for the only class that occurs', () => {
    const scores = { data: Float64Array.of(1, 0), rows: 1, columns: 2 };
    expect(rocCurve([0], scores, 0)).toBeNull();
    expect(rankingCurves({ actual: [0], classes: ['a', 'b'], scores })).toMatchObject([
      { name: 'a', auc: null, roc: null, averagePrecision: 1 },
      { name: 'b', auc: null, roc: null, averagePrecision: null, precisionRecall: null },
    ]);
  });

  it('names the column of a bad label', () => {
    const scores = { data: Float64Array.of(1, 0), rows: 1, columns: 2 };
    expect(() => rocAuc([2], scores)).toThrow(/row 1, column actual/);
  });
});

describe('zeroDivision', () => {
  const predictions = { actual: [0, 0, 1], predicted: [0, 0, 0], classes: ['a', 'b'] };

  it('leaves the F1 of a class that occurs at 0', () => {
    // precision_recall_fscore_support([0,0,1], [0,0,0], labels=[0,1], zero_division=1) with scikit-learn 1.2.1
    const [, b] = evaluate(predictions, { zeroDivision: 1 }).perClass;
    expect(b).toMatchObject({ precision: 1, recall: 0, f1: 0, support: 1 });
  });

  it('is printed in the report', () => {
    // classification_report([0,0,1], [0,0,0], target_names=['a','b'], zero_division=1, digits=3) with scikit-learn 1.2.1
    const report = classificationReport(confusionMatrix(predictions), { zeroDivision: 1, digits: 3 });
    expect(report.split('\n').slice(3)).toEqual([
      '           b      1.000     0.000     0.000         1',
      '',
      '    accuracy                          0.667         3',
      '   macro avg      0.833     0.500     0.400         3',
      'weighted avg      0.778     0.667     0.533         3',
      '',
    ]);
  });

  it('and a report without digits rounds as Python does', () => {
    // classification_report([0,0,1,1], [0,1,1,1], target_names=['a','b'], digits=0) with scikit-learn 1.2.1
    const matrix = confusionMatrix({ actual: [0, 0, 1, 1], predicted: [0, 1, 1, 1], classes: ['a', 'b'] });
    expect(classificationReport(matrix, { digits: 0 }).split('\n').slice(2, 4)).toEqual([
      '           a          1         0         1         2',
      '           b          1         1         1         2',
    ]);
  });
});

describe('classes and labels at their limits', () => {
  const named = (n: number) => Array.from({ length: n }, (_, i) => `class ${i}`);

  it('takes 1 to 256 classes', () => {
    for (const n of [1, 256]) {
      expect(confusionMatrix({ actual: [n - 1], predicted: [0], classes: named(n) }).counts).toHaveLength(n);
    }
    for (const n of [0, 257]) {
      expect(() => confusionMatrix({ actual: [0], predicted: [0], classes: named(n) })).toThrow('different names');
    }
  });

  it('has no mean AUC where every class is null', () => {
    const scores = { data: Float64Array.of(1, 0), rows: 1, columns: 2 };
    const { ranking } = evaluate({ actual: [0], predicted: [0], classes: ['a', 'b'], scores });
    expect(ranking).toMatchObject({ auc: [null, null], macroAuc: null, averagePrecision: [1, null] });
  });
});

describe('bad input', () => {
  const classes = ['a', 'b'];
  const good = { actual: [0, 1], predicted: [0, 1], classes };
  const matrix = (...data: number[]) => ({ data: Float64Array.from(data), rows: 2, columns: 2 });

  it.each([
    ['lengths that differ', { ...good, predicted: [0] }, /1 predictions for 2 actual labels/],
    ['no rows', { ...good, actual: [], predicted: [] }, /at least one row/],
    ['a label outside the classes', { ...good, actual: [0, 2] }, /row 2, column actual: label 2 is not one of 0..1/],
    ['a fraction as label', { ...good, predicted: [0.5, 1] }, /row 1, column predicted: label 0.5/],
    ['classes named twice', { ...good, classes: ['a', 'a'] }, /different names/],
    ['NaN scores', { ...good, scores: matrix(0, 1, Number.NaN, 0) }, /row 2, column 1: scores hold NaN/],
    [
      'probabilities of another number of classes',
      { ...good, probabilities: { data: new Float64Array(6).fill(1 / 3), rows: 2, columns: 3 } },
      /probabilities are 2×3: expected 2×2/,
    ],
    ['a negative label', { ...good, actual: [-1, 0] }, /row 1, column actual: label -1/],
    ['scores of other rows', { ...good, scores: { ...matrix(0, 1), rows: 1, columns: 2 } }, /scores are 1×2/],
    ['scores of as many numbers in other rows', { ...good, scores: { ...matrix(0, 1, 1, 0), rows: 1 } }, /1×2/],
    ['scores of as many numbers in other columns', { ...good, scores: { ...matrix(0, 1, 1, 0), columns: 1 } }, /2×1/],
    ['fewer scores than their shape says', { ...good, scores: matrix(0, 1, 1) }, /2×2 with 3 numbers/],
    ['scores without numbers', { ...good, scores: { rows: 2, columns: 2 } as never }, /with no numbers/],
    ['NaN probabilities', { ...good, probabilities: matrix(Number.NaN, 1, 1, 0) }, /probabilities hold NaN/],
    ['probabilities just below 0', { ...good, probabilities: matrix(1, 0, -5e-5, 1) }, /row 2, column 1: .*-0.00005/],
    ['scores of another shape', { ...good, scores: { ...matrix(0, 1), rows: 1 } }, /expected 2×2/],
    [
      'scores without their shape',
      { ...good, scores: Float32Array.of(0, 1, 1, 0) as never },
      /\{ data, rows, columns \}/,
    ],
    [
      'probabilities that do not sum to 1',
      { ...good, probabilities: matrix(0.5, 0.5, 0.5, 0.4) },
      /row 2: .*sum to 0.9/,
    ],
    ['probabilities outside 0..1', { ...good, probabilities: matrix(1.5, -0.5, 0, 1) }, /row 1, column 1: .*1.5/],
  ])('%s', (_, input, message) => {
    expect(() => evaluate(input)).toThrow(message);
    expect(() => evaluate(input)).toThrow(expect.objectContaining({ code: 'INVALID_DATA' }));
  });

  it('takes probabilities that are 1 but for their tolerance', () => {
    expect(evaluate({ ...good, probabilities: matrix(1 + 1e-4, 0, 0, 1) }).accuracy).toBe(1);
  });

  it('options out of range', () => {
    const invalid = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
    for (const k of [0, 1.5, -1]) expect(() => topKAccuracy([0, 1], matrix(1, 0, 0, 1), k)).toThrow(invalid);
    for (const index of [0.5, Number.NaN]) expect(() => rocCurve([0, 1], matrix(1, 0, 0, 1), index)).toThrow(invalid);
    expect(() => topKAccuracy([0, 1], matrix(1, 0, 0, 1), 3)).toThrow(invalid);
    expect(() => calibration([0, 1], matrix(1, 0, 0, 1), { bins: 0 })).toThrow(invalid);
    expect(() => rocCurve([0, 1], matrix(1, 0, 0, 1), 2)).toThrow(invalid);
    expect(() => precisionRecallCurve([0, 1], matrix(1, 0, 0, 1), -1)).toThrow(invalid);
  });
});

describe('classificationReport where a class is absent', () => {
  // python3: classification_report([0, 2, 2, 0, 1], [0, 2, 0, 0, 2], labels=range(4), target_names=..., zero_division=0)
  // with scikit-learn 1.2.1, its line "micro avg" replaced by the "accuracy" line that 1.5 has there.
  it('is that of scikit-learn 1.5, counting letters as Python does', () => {
    const classes = ['neutral', '😀 happy', 'surprised beyond', 'contempt'];
    const matrix = confusionMatrix({ actual: [0, 2, 2, 0, 1], predicted: [0, 2, 0, 0, 2], classes });
    expect(classificationReport(matrix)).toBe(
      [
        '                  precision    recall  f1-score   support',
        '',
        '         neutral       0.67      1.00      0.80         2',
        '         😀 happy       0.00      0.00      0.00         1',
        'surprised beyond       0.50      0.50      0.50         2',
        '        contempt       0.00      0.00      0.00         0',
        '',
        '        accuracy                           0.60         5',
        '       macro avg       0.29      0.38      0.33         5',
        '    weighted avg       0.47      0.60      0.52         5',
        '',
      ].join('\n'),
    );
  });
});
