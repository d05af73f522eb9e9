/**
 * The main example: trains a backbone, fits several heads on its features, compares them, and writes a report.
 *
 *   npm start                                           synthetic faces, a minute or two
 *   npm start -- --data fer2013.csv.gz --epochs 25      FER2013
 *   npm start -- --data fer2013.csv.gz --robustness     with accuracies on worse pictures, a minute or two more
 *   npm start -- --open                                 opens the report at the end
 *
 * Or evaluate trained classifiers, several of them in pairs:
 *
 *   npm start -- --data fer2013.csv.gz --model compact-vgg/softmax --model compact-vgg/l2svm
 */
import { useWasm } from 'fer-wasm';
import { explain } from '../shared/explain.js';
import { readOptions } from './options.js';
import { report } from './report.js';
import { savedHeads } from './savedHeads.js';
import { trainHeads } from './trainHeads.js';

const options = readOptions(process.argv.slice(2));

async function main(): Promise<void> {
  const engine = await useWasm({ threads: options.threads ?? undefined });
  const compared = options.models.length > 0 ? await savedHeads(options) : await trainHeads(options);
  await report({ ...compared, options, engine });
}

await main().catch(explain);
