/**
 * Our heads with the RBF kernel, in their own process. Arguments: features, labels, columns, then `subset` (exact and
 * Nyström on 5,000 rows, both tested on 2,000 others) or `full` (Nyström on all rows). Prints one line of JSON.
 */
import type { FeatureMatrix, Head, Labels } from 'fer-core';
import { linearL2SVM, nystroem, rbfSVM } from 'fer-heads';
import { readFeatures } from './features.js';

const [xFile, yFile, columns, what] = process.argv.slice(2);
const { x, y } = readFeatures({ x: xFile, y: yFile, columns: Number(columns) });
const near = () => nystroem(linearL2SVM({ C: 1 }), { components: 512, gamma: 'auto', seed: 1 });

/** The same 7,000 rows as in kernel_peer.py, two of seven of them held out. */
function subset(held: boolean): { x: FeatureMatrix; y: Labels } {
  const rows = Array.from({ length: 7000 }, (_, t) => t)
    .filter((t) => t % 7 < 2 === held)
    .map((t) => Math.floor((t * x.rows) / 7000));
  const data = new Float32Array(rows.length * x.columns);
  rows.forEach((row, i) => {
    data.set(x.data.subarray(row * x.columns, (row + 1) * x.columns), i * x.columns);
  });
  const labels = Uint8Array.from(rows, (row) => y.labels[row]);
  return { x: { data, rows: rows.length, columns: x.columns }, y: { labels, classes: y.classes } };
}

async function measure(head: Head) {
  const [train, test] = [subset(false), subset(true)];
  const { seconds, converged } = await head.fit(train.x, train.y);
  const predicted = [...(await head.predict(test.x))];
  const right = predicted.filter((label, i) => label === test.y.labels[i]).length;
  return { seconds, converged, predicted, accuracy: right / predicted.length };
}

if (what === 'subset') {
  console.log(JSON.stringify({ exact: await measure(rbfSVM({ C: 1, gamma: 'auto' })), near: await measure(near()) }));
} else {
  const before = process.memoryUsage().rss;
  const { seconds, converged } = await near().fit(x, y);
  const memory = process.resourceUsage().maxRSS * 1024 - before;
  console.log(JSON.stringify({ seconds, converged, memory, features: x.data.byteLength }));
}
