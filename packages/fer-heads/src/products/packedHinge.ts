import type { FeatureMatrix } from 'fer-core';
import { shareOf, type Targets } from '../rows/targets.js';
import { type HingePass, type HingeProducts, type HingeSums, MOST_ROWS } from './products.js';
import type { WasmFunctions } from './wasm.js';

/** How many problems the WASM functions process at a time. */
const LANES = 8;
/** Offsets of the parts of `lanes`, in floats; see assembly/hinge.ts. */
const PARTS = { bias: 0, asked: 8, values: 16, own: 24, rest: 32, sums: 40 };
const LANE_BYTES = 384;
/** The same in float64, in doubles; see hingePass64. */
const EXACT = { bias: 0, own: 8, rest: 16, sums: 24, masks: 56 };
const EXACT_BYTES = 480;

/** A block of rows in WebAssembly's memory. All blocks but the last have the same number of rows. */
export interface PackedBlock {
  readonly rows: number;
  readonly entries: number;
  readonly ends: number;
}

/** Packed rows. */
export interface Packed {
  readonly blocks: readonly PackedBlock[];
  /** d numbers that the columns of packed rows have to be multiplied by. */
  readonly units: Float64Array;
  /** Room for the numbers of one block's rows. */
  readonly staged: number;
}

/** Addresses of the data of eight problems. */
interface Group {
  readonly panel: number;
  readonly sums: number;
  readonly totals: number;
  readonly lanes: number;
  readonly active: number;
  readonly shares: number;
  /** The panel and lanes of passes in float64, whose sums are the totals. */
  readonly exact: () => { readonly panel: number; readonly lanes: number };
}

/** Squared hinge losses of packed rows. Memory is allocated on first use. */
export function packedHinge(
  wasm: WasmFunctions,
  { data, rows: n, columns: d }: FeatureMatrix,
  { blocks, units, staged }: Packed,
): (targets: Targets) => HingeProducts {
  const blockRows = blocks[0].rows;
  const weights = lazily(() => wasm.allocate(4 * n));
  const exactWeights = lazily(() => wasm.allocate(8 * blockRows));
  const labels = lazily(() => wasm.allocate(n));
  const groups: Group[] = [];
  const soft: number[] = [];

  return (targets) => {
    const { k } = targets;
    const count = Math.ceil(k / LANES);
    for (let g = groups.length; g < count; g++) {
      groups.push({
        panel: wasm.allocate(4 * LANES * d),
        sums: wasm.allocate(4 * LANES * d),
        totals: wasm.allocate(8 * LANES * d),
        lanes: wasm.allocate(LANE_BYTES),
        active: wasm.allocate(2 * n),
        // One vector per label, for at most 256 labels.
        shares: wasm.allocate(4 * LANES * 256),
        exact: lazily(() => ({ panel: wasm.allocate(8 * LANES * d), lanes: wasm.allocate(EXACT_BYTES) })),
      });
    }
    if (targets.shares) for (let g = soft.length; g < count; g++) soft.push(wasm.allocate(4 * LANES * n));
    wasm.floats(weights(), n).set(targets.weights);
    wasm.bytes(labels(), n).set(targets.labels);
    for (let g = 0; g < count; g++) fill(g, targets);
    const sharesOf = (g: number, first: number) => (targets.shares ? soft[g] + 4 * LANES * first : groups[g].shares);

    return {
      active: () => ({
        data: wasm.bytes(0),
        offset: (problem) => groups[Math.floor(problem / LANES)].active,
      }),
      // Soft targets are in WebAssembly's memory in float32 alone.
      exact: !targets.shares,
      pass(queries, columns, bias, exact) {
        if (exact) return exactPass(targets, queries, columns, bias);
        const begun = Array.from({ length: count }, (_, g) => {
          const members = queries.flatMap(({ problem }, c) => (Math.floor(problem / LANES) === g ? [c] : []));
          return members.length > 0 && begin(g, members, queries, columns, bias);
        });
        let unflushed = 0;
        const flush = () => {
          for (const { sums, totals } of groups) wasm.flush(sums, totals, d);
          unflushed = 0;
        };
        return {
          block(first) {
            const { rows, entries, ends } = blocks[first / blockRows];
            for (let g = 0; g < count; g++) {
              const group = begun[g];
              if (!group) continue;
              const { panel, sums, lanes, active, values } = group;
              wasm.hingePass(
                entries,
                ends,
                rows,
                panel,
                sums,
                lanes,
                active + 2 * first,
                values ? 1 : 0,
                weights() + 4 * first,
                targets.shares ? 0 : labels() + first,
                sharesOf(g, first),
              );
            }
            unflushed += rows;
            if (unflushed >= MOST_ROWS) flush();
          },
          end(out) {
            flush();
            return queries.map(({ problem }, c) => {
              const { totals, lanes } = groups[Math.floor(problem / LANES)];
              const found = sumsOf(c, problem % LANES, totals, lanes + 4 * PARTS.sums, out);
              for (let j = 0; j < d; j++) out[c * d + j] *= units[j];
              return found;
            });
          },
        };
      },
    };
  };

  /** As a pass in float32, but of the rows' own numbers, and of values only. */
  function exactPass(
    { k, own, rest, weights: given }: Targets,
    queries: Parameters<HingeProducts['pass']>[0],
    columns: Float64Array,
    bias: Float64Array,
  ): HingePass {
    const factors = exactWeights();
    const begun = groups.slice(0, Math.ceil(k / LANES)).flatMap((group, g) => {
      const members = [...queries.keys()].filter((c) => Math.floor(queries[c].problem / LANES) === g);
      if (members.length === 0) return [];
      const { panel, lanes } = group.exact();
      wasm.doubles(group.totals, LANES * d).fill(0);
      const vectors = wasm.doubles(panel, LANES * d).fill(0);
      const constants = wasm.doubles(lanes, EXACT_BYTES / 8).fill(0);
      const masks = wasm.words(lanes + 8 * EXACT.masks, LANES);
      for (const c of members) {
        const { problem } = queries[c];
        const lane = problem % LANES;
        constants[EXACT.bias + lane] = bias[c];
        constants[EXACT.own + lane] = own[problem];
        constants[EXACT.rest + lane] = rest[problem];
        masks[lane] = 0xffffffff;
        for (let j = 0; j < d; j++) vectors[j * LANES + lane] = columns[c * d + j];
      }
      return [{ ...group, panel, lanes }];
    });
    return {
      block(first) {
        const { rows, entries, ends } = blocks[first / blockRows];
        wasm.floats(staged, rows * d).set(data.subarray(first * d, (first + rows) * d));
        wasm.doubles(factors, rows).set(given.subarray(first, first + rows));
        for (const { panel, totals, lanes, active, shares } of begun) {
          wasm.hingePass64(
            staged,
            d,
            entries,
            ends,
            rows,
            panel,
            totals,
            lanes,
            active + 2 * first,
            factors,
            labels() + first,
            shares,
          );
        }
      },
      end(out) {
        return queries.map(({ problem }, c) => {
          const { totals, exact } = groups[Math.floor(problem / LANES)];
          return sumsOf(c, problem % LANES, totals, exact().lanes + 8 * EXACT.sums, out);
        });
      },
    };
  }

  /** Writes the totals of one problem to column `c` of `out`, and returns its sums. */
  function sumsOf(c: number, lane: number, totals: number, sums: number, out: Float64Array): HingeSums {
    const all = wasm.doubles(totals, LANES * d);
    for (let j = 0; j < d; j++) out[c * d + j] = all[j * LANES + lane];
    const found = wasm.doubles(sums, 3 * LANES);
    return { total: found[lane], loss: found[LANES + lane], firm: found[2 * LANES + lane] };
  }

  /** Writes the class weights of a group's problems and the target of each row in each problem. */
  function fill(g: number, targets: Targets): void {
    const { k, own, rest } = targets;
    const { lanes, shares, active } = groups[g];
    wasm.bytes(active, 2 * n).fill(0);
    const constants = wasm.floats(lanes, PARTS.sums);
    const table = targets.shares ? wasm.floats(soft[g], LANES * n) : wasm.floats(shares, LANES * 256).fill(0);
    for (let lane = 0; lane < LANES && g * LANES + lane < k; lane++) {
      const problem = g * LANES + lane;
      constants[PARTS.own + lane] = own[problem];
      constants[PARTS.rest + lane] = rest[problem];
      if (targets.shares) for (let i = 0; i < n; i++) table[i * LANES + lane] = shareOf(targets, n, i, problem);
      else table[problem * LANES + lane] = 1;
    }
  }

  /** Writes the lanes and the panel of a group for the given queries. */
  function begin(
    g: number,
    members: readonly number[],
    queries: Parameters<HingeProducts['pass']>[0],
    columns: Float64Array,
    bias: Float64Array,
  ): Group & { values: boolean } {
    const group = groups[g];
    const constants = wasm.floats(group.lanes, PARTS.sums);
    const masks = wasm.words(group.lanes, PARTS.sums);
    constants.fill(0, 0, PARTS.own);
    wasm.floats(group.sums, LANES * d).fill(0);
    wasm.doubles(group.totals, LANES * d).fill(0);
    wasm.doubles(group.lanes + 4 * PARTS.sums, 3 * LANES).fill(0);
    const panel = wasm.floats(group.panel, LANES * d);
    if (members.length < LANES) panel.fill(0);
    let values = false;
    for (const c of members) {
      const { problem, kind } = queries[c];
      const lane = problem % LANES;
      constants[PARTS.bias + lane] = bias[c];
      masks[PARTS.asked + lane] = 0xffffffff;
      if (kind === 'point') masks[PARTS.values + lane] = 0xffffffff;
      values ||= kind === 'point';
      for (let j = 0; j < d; j++) panel[j * LANES + lane] = units[j] * columns[c * d + j];
    }
    return { ...group, values };
  }
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
