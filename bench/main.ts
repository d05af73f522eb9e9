/**
 * Benchmarks against other libraries. Each suite prints ratios measured in one run:
 *
 *   npm run bench -- wasm [--json] [--rounds N] [--seconds S] [--only "ShallowCNN train"] [--contestants "fer-wasm,PyTorch"]
 *   npm run bench -- memory
 *   npm run bench -- fine-tune [--json]
 *   npm run bench -- data [--json] [--rounds N] [--csv FILE] [--images FOLDER]
 *   npm run bench -- heads [--json] [--rounds N] [--exact] [--softmax] [--kernel] [--data CSV | --features F --labels F --columns N]
 *   npm run bench -- accuracy --data CSV [--split PublicTest] [--limit N] [--threads N] [--json]
 *   npm run bench -- browser [--model NAME]
 *   npm run bench -- faces [--mode fast|thorough] [--faces FOLDER]
 *   npm run bench -- cluster [--only overhead|faces|cells|redis] [--workers 1,2,4] [--json]
 *   npm run bench -- serve [--mode fast|thorough] [--seconds 20]
 */
const suites: Record<string, () => Promise<{ run: (args: readonly string[]) => Promise<void> }>> = {
  wasm: () => import('./wasm/suite.js'),
  memory: () => import('./memory.js'),
  'fine-tune': () => import('./fineTune.js'),
  data: () => import('./data/suite.js'),
  heads: () => import('./heads/suite.js'),
  accuracy: () => import('./accuracy/suite.js'),
  browser: () => import('./browser.js'),
  faces: () => import('./faces/suite.js'),
  cluster: () => import('./cluster/suite.js'),
  serve: () => import('./serve/suite.js'),
};

const [suiteName, ...args] = process.argv.slice(2);
const suite = suiteName === undefined ? undefined : suites[suiteName];
if (!suite) {
  console.error(`Usage: npm run bench -- ${Object.keys(suites).join('|')} [--json]`);
  process.exit(2);
}
await (await suite()).run(args);

export {};
