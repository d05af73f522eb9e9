import { type FeatureMatrix, FerError, type Images } from 'fer-core';
import type { Distillation } from './trainOptions.js';

/**
 * Returns the teacher's predictions for a batch at the distillation temperature: n × k, each row a distribution.
 *
 * @throws FerError `INVALID_DATA` if the teacher returns another number of classes, or scores that are not finite.
 */
export async function teach(
  { teacher, temperature }: Required<Distillation>,
  batch: Images,
  [n, k]: readonly [number, number],
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const given = teacher.predictProba
    ? await teacher.predictProba(batch, { signal })
    : await teacher.decisionFunction(batch, { signal });
  if (given.rows !== n || given.columns !== k) {
    throw new FerError(
      'INVALID_DATA',
      `the teacher gives ${given.rows}×${given.columns} scores for ${n} images of ${k} classes: use another teacher.`,
    );
  }
  return soften(given, temperature, teacher.predictProba ? Math.log : (score) => score);
}

/** softmax(logits / temperature) of each row, in double precision. */
function soften({ data, rows, columns }: FeatureMatrix, temperature: number, logit: (value: number) => number) {
  const softened = new Float32Array(data.length);
  const powers = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * columns, (i + 1) * columns);
    const logits = Array.from(row, (value) => logit(value) / temperature);
    const top = Math.max(...logits);
    let sum = 0;
    for (let j = 0; j < columns; j++) {
      powers[j] = Math.exp(logits[j] - top);
      sum += powers[j];
    }
    if (!Number.isFinite(sum)) {
      throw new FerError('INVALID_DATA', `the teacher gives [${row.join(', ')}]: use one with finite scores.`);
    }
    for (let j = 0; j < columns; j++) softened[i * columns + j] = powers[j] / sum;
  }
  return softened;
}
