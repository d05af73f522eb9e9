import { readFileSync, writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
// The names that compile takes, which the package doesn't export.
import { lossesMap } from '@tensorflow/tfjs-layers/dist/losses.js';
import { metricsMap } from '@tensorflow/tfjs-layers/dist/metrics.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useWasm } from '../src/index.js';
import * as optimizers from '../src/optimizers/index.js';
import { LAYERS } from './layersCoverage/layerRecipes.js';
import { type Outcome, outcome } from './layersCoverage/outcome.js';
import { ACTIVATIONS, LOSSES, METRICS, OPTIMIZERS, TFJS_OPTIMIZERS } from './layersCoverage/recipes.js';
import { measure, type Place, trainLayer, trainRows } from './layersCoverage/training.js';

const FILE = new URL('../COVERAGE.md', import.meta.url);
const WRITE = Boolean(process.env.WRITE_COVERAGE);
const RENEW =
  'COVERAGE.md differs. If the change is right: WRITE_COVERAGE=1 npx vitest run packages/fer-wasm/test/layersCoverage.test.ts';

/** The names of a module's functions; classes are left out. */
const functions = (module: object) =>
  Object.entries(module)
    .filter(([, value]) => typeof value === 'function' && !(value.prototype instanceof tf.serialization.Serializable))
    .map(([name]) => name)
    .sort();

/** The names under which activations are registered. Their common class is not exported. */
function activations(): string[] {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const base = Object.getPrototypeOf(classNameMap.linear[0]);
  const names = Object.keys(classNameMap);
  return names.filter((name) => Object.getPrototypeOf(classNameMap[name][0]) === base).sort();
}

/** Names of metrics that compile replaces by one that suits the loss. No list of tfjs has them. */
const SHORT_METRICS = ['accuracy', 'acc', 'crossentropy', 'ce'];

const PLACES: readonly Place[] = ['after layers with weights', 'as the first layer', 'after a reshape'];

const trains = ({ works, text }: Outcome) => (works ? `trains, ${text}` : text);

/** A layer is tried after a dense one, whose training needs the layer's gradient; if that fails, elsewhere. */
async function layer(name: string): Promise<string> {
  const recipe = LAYERS[name];
  const [usual, ...others] = recipe.integers ? PLACES.slice(1) : PLACES;
  const first = await outcome(trainLayer(recipe, usual), recipe.incomparable);
  if (first.works) return trains(first);
  for (const place of others) {
    const other = await outcome(trainLayer(recipe, place), recipe.incomparable);
    if (other.works) return `${trains(other)}, ${place}; ${usual}, ${first.text}`;
  }
  return trains(first);
}

interface Kind {
  readonly kind: string;
  /** What there is. */
  readonly names: readonly string[];
  /** What the recipes describe. */
  readonly described: readonly string[];
  readonly result: (name: string) => Promise<string>;
}

const KINDS: readonly Kind[] = [
  { kind: 'layer', names: functions(layers.layers), described: Object.keys(LAYERS), result: layer },
  {
    kind: 'activation',
    names: activations(),
    described: ACTIVATIONS,
    result: async (activation) => trains(await outcome(trainRows({ activation }))),
  },
  {
    kind: 'optimiser',
    names: functions(tf.train),
    described: Object.keys(TFJS_OPTIMIZERS),
    result: async (name) => trains(await outcome(trainRows({ optimizer: TFJS_OPTIMIZERS[name] }))),
  },
  {
    kind: 'optimiser of fer-wasm',
    names: functions(optimizers),
    described: Object.keys(OPTIMIZERS),
    result: async (name) => trains(await outcome(trainRows({ optimizer: OPTIMIZERS[name] }))),
  },
  {
    kind: 'loss',
    names: Object.keys(lossesMap).sort(),
    described: Object.keys(LOSSES),
    result: async (name) => trains(await outcome(trainRows({ loss: { name, recipe: LOSSES[name] } }))),
  },
  {
    kind: 'metric',
    names: [...new Set([...functions(layers.metrics), ...Object.keys(metricsMap), ...SHORT_METRICS])].sort(),
    described: Object.keys(METRICS),
    result: async (name) => (await outcome(measure(name, METRICS[name]))).text,
  },
];

const HEADING = `# What of tfjs-layers trains on fer-wasm

Written by \`test/layersCoverage.test.ts\`. With each layer, activation, optimiser and loss, it trains a small model for three steps on fer-wasm and on tfjs' cpu backend. Losses and changes of weights must agree to a thousandth of the largest. Metrics are computed from the same predictions.

Chained ops are ops as methods of tensors (\`x.add(y)\`). Importing \`@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops\` registers them, in a program that is bundled. The recurrent layers need them for their default \`recurrentInitializer\`, not with \`recurrentInitializer: 'glorotUniform'\`.

`;

type Row = readonly [kind: string, name: string, result: string];

/** A table whose columns are aligned. */
function markdown(rows: readonly Row[]): string {
  const cells = rows.map(([kind, name, result]) => [kind, `\`${name}\``, result.replaceAll('|', '\\|')]);
  const lines = [['kind', 'name', 'result'], ['', '', ''], ...cells];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line, i) => `| ${line.map((cell, c) => cell.padEnd(widths[c], i === 1 ? '-' : ' ')).join(' | ')} |\n`)
    .join('');
}

/** The results in the file, by kind and name. */
function parse(text: string): Map<string, string> {
  const rows = [...text.matchAll(/^\| (.+?) +\| `(.+?)` +\| (.+?) +\|$/gm)];
  return new Map(rows.map(([, kind, name, result]) => [`${kind} ${name}`, result.replaceAll('\\|', '|')]));
}

/** The file with these results. */
function render(known: ReadonlyMap<string, string>): string {
  const rows = KINDS.flatMap(({ kind, names }) =>
    names.map((name): Row => [kind, name, known.get(`${kind} ${name}`) ?? 'not tried']),
  );
  return HEADING + markdown(rows);
}

const text = readFileSync(FILE, 'utf8');
const committed = parse(text);
const results = new Map(committed);

beforeAll(() => useWasm({ threads: 2 }));

afterAll(() => {
  if (WRITE) writeFileSync(FILE, render(results));
});

for (const { kind, names, described, result } of KINDS) {
  describe(kind, () => {
    it.each(names)('%s does as COVERAGE.md says', async (name) => {
      expect(described, `the ${kind} ${name} is new: describe it in test/layersCoverage/`).toContain(name);
      const before = tf.memory().numTensors;
      const actual = await result(name);
      expect(tf.memory().numTensors).toBe(before);
      results.set(`${kind} ${name}`, actual);
      if (!WRITE) expect(actual, RENEW).toBe(committed.get(`${kind} ${name}`));
    });

    it('has a description of nothing else', () => {
      expect(described.filter((name) => !names.includes(name))).toEqual([]);
    });
  });
}

it.skipIf(WRITE)('COVERAGE.md has a row for each, and nothing else', () => {
  expect(text, RENEW).toBe(render(committed));
});
