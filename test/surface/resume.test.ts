import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extractFeatures, fineTune, type LayersBackbone, loadFeatures } from 'fer-backbones';
import { type Dataset, type FileStore, memoryStore, selectRows } from 'fer-core';
import { type ExperimentCell, runExperiment } from 'fer-eval/node';
import { linearL2SVM } from 'fer-heads';
import { useWasm } from 'fer-wasm';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { dataset, pixelBackbone } from './fixtures.js';
import { smallBackbone, smallFaces } from './networks.js';

beforeAll(() => useWasm({ threads: 1 }));

/** A run that writes as it goes. It is stopped where `signal` aborts, and `onEvent` is called as it proceeds. */
type Run = (options: { readonly signal?: AbortSignal; readonly onEvent?: () => void }) => Promise<unknown>;

/** The weights of a network in one list. */
function weightsOf(backbone: LayersBackbone): number[] {
  return backbone.model.getWeights().flatMap((weight) => Array.from(weight.dataSync()));
}

/** The rows of the small faces, four at a time. */
function batches(): Dataset[] {
  return [0, 4, 8].map((first) => selectRows(smallFaces(), [first, first + 1, first + 2, first + 3]));
}

const TRAINING = { epochs: 3, batchSize: 4, seed: 3 };

/** What must resume bit for bit: a new run on a store or folder of its own. */
const RESUMES: Readonly<Record<string, () => Promise<{ readonly run: Run; readonly end?: () => Promise<void> }>>> = {
  'LayersBackbone.fit': async () => {
    const store = memoryStore();
    const origin = smallBackbone();
    return { run: (options) => train(origin, store, options), end: async () => origin.dispose() };
  },
  fineTune: async () => {
    const stores = [memoryStore(), memoryStore()];
    const origin = smallBackbone();
    return { run: (options) => tune(origin, stores, options), end: async () => origin.dispose() };
  },
  extractFeatures: async () => {
    const store = memoryStore();
    return {
      async run({ signal, onEvent }) {
        await extractFeatures(flatten(), batches(), store, { chunkRows: 4, signal, onProgress: onEvent });
        const { features, labels } = await loadFeatures(store);
        return [Array.from(features.data), Array.from(labels.labels)];
      },
    };
  },
  runExperiment: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fer-resume-'));
    return {
      async run({ signal, onEvent }) {
        const { cells } = await runExperiment({
          backbones: [{ name: 'pixels', make: async () => pixelBackbone() }],
          heads: [1, 2, 3].map((C) => ({ name: `C ${C}`, options: { C }, make: () => linearL2SVM({ C }) })),
          seeds: [1],
          data: { train: dataset(), test: dataset() },
          folder,
          signal,
          onCell: onEvent,
        });
        return cells.map(({ key, predicted, evaluations }: ExperimentCell) => ({ key, predicted, evaluations }));
      },
      end: () => rm(folder, { recursive: true }),
    };
  },
};

/** What takes a store and writes nothing to it. */
const ONLY_READS = ['loadFeatures', 'readFeatures'];

function flatten() {
  return {
    outputSize: 36,
    transform: async ({ images, n }: Dataset) => ({ data: Float32Array.from(images), rows: n, columns: 36 }),
    serialize: async () => ({ kind: 'flatten', config: {}, files: new Map<string, Uint8Array>() }),
    dispose() {},
  };
}

/** Trains a copy of the network from its first weights, as a new process would. */
async function copyOf<T>(origin: LayersBackbone, use: (copy: LayersBackbone) => Promise<T>): Promise<T> {
  const copy = smallBackbone();
  try {
    copy.model.setWeights(origin.model.getWeights());
    return await use(copy);
  } finally {
    copy.dispose();
  }
}

function train(origin: LayersBackbone, store: FileStore, { signal, onEvent }: Parameters<Run>[0]) {
  return copyOf(origin, async (backbone) => {
    const checkpoints = { store, everySteps: 1 };
    await backbone.fit(smallFaces(), { ...TRAINING, checkpoints, signal, onProgress: onEvent });
    return weightsOf(backbone);
  });
}

function tune(origin: LayersBackbone, stores: readonly FileStore[], { signal, onEvent }: Parameters<Run>[0]) {
  return copyOf(origin, async (backbone) => {
    const stages = stores.map((store) => ({
      freeze: { until: backbone.model.layers.at(-1)!.name },
      ...TRAINING,
      checkpoints: { store, everySteps: 1 },
      signal,
      onProgress: onEvent,
    }));
    await fineTune(backbone, smallFaces(), stages);
    return weightsOf(backbone);
  });
}

describe('a run that is stopped and started again ends bit for bit as one that was not', () => {
  it.each(Object.entries(RESUMES))('%s', async (_, begin) => {
    let events = 0;
    const whole = await begin();
    const expected = await whole.run({ onEvent: () => void events++ });
    await whole.end?.();
    expect(events).toBeGreaterThan(1);
    for (const stop of [1, 2, Math.ceil(events / 2), events]) {
      const cut = await begin();
      const controller = new AbortController();
      let seen = 0;
      const onEvent = () => {
        if (++seen === stop) controller.abort(new Error('stopped'));
      };
      await cut.run({ signal: controller.signal, onEvent }).catch((error: unknown) => {
        expect(error).toMatchObject({ message: 'stopped' });
      });
      expect(await cut.run({}), `stopped at event ${stop} of ${events}`).toEqual(expected);
      await cut.end?.();
    }
  });
});

it('everything exported that takes a store, checkpoints or a folder to go on from is tried', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const entries = readdirSync(join(root, 'packages')).flatMap((name) =>
    ['index.ts', 'node.ts']
      .map((file) => join(root, 'packages', name, 'src', file))
      .filter((file) => ts.sys.fileExists(file)),
  );
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
  const program = ts.createProgram(entries, options);
  const checker = program.getTypeChecker();
  const found = new Set<string>();
  for (const entry of entries) {
    const source = program.getSourceFile(entry)!;
    for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(source)!)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (!symbol.valueDeclaration) continue;
      const type = checker.getTypeOfSymbolAtLocation(symbol, source);
      if (type.getCallSignatures().some(takesStore)) found.add(symbol.name);
      for (const made of type.getConstructSignatures().map((signature) => signature.getReturnType())) {
        for (const member of made.getProperties()) {
          if (member.name.includes('#')) continue;
          const signatures = checker.getTypeOfSymbolAtLocation(member, source).getCallSignatures();
          if (signatures.some(takesStore)) found.add(`${symbol.name}.${member.name}`);
        }
      }
    }
  }
  expect([...found].sort()).toEqual([...Object.keys(RESUMES), ...ONLY_READS].sort());

  function takesStore(signature: ts.Signature): boolean {
    return signature.getParameters().some((parameter) => {
      const given = checker.getNonNullableType(checker.getTypeOfSymbol(parameter));
      const type = checker.getIndexTypeOfType(given, ts.IndexKind.Number) ?? given;
      if (type.symbol?.name === 'FileStore') return true;
      // Of the folders that options name, only that of experiments is one to go on from.
      return type.getProperties().some(({ name }) => name === 'checkpoints' || name === 'folder');
    });
  }
});
