import { describe, expect, it } from 'vitest';
import { dampedDiagonal } from '../../src/linear/dampedDiagonal.js';
import { minimise, type Objective } from '../../src/newton/newton.js';

/** Σⱼ aⱼ (log cosh(xⱼ − p) ) + ½ μ ‖x‖² of problem p: flat far out, so that full steps overshoot. */
function logCosh(problems: number, scales: readonly number[], mu: number): Objective & { asked: number[] } {
  const size = scales.length;
  const points: Float64Array[] = [];
  const asked: number[] = [];
  const bend = (p: number, j: number) => scales[j] / Math.cosh(points[p][j] - p) ** 2 + mu;
  return {
    problems,
    size,
    fused: false,
    asked,
    async answer(queries) {
      asked.push(queries.length);
      for (const query of queries) {
        const { problem, kind, vector, out } = query;
        if (kind === 'point') points[problem] = vector.slice();
        query.value = 0;
        for (let j = 0; j < size; j++) {
          const x = vector[j];
          if (kind === 'direction') out[j] = bend(problem, j) * x;
          else {
            query.value += scales[j] * Math.log(Math.cosh(x - problem)) + (mu / 2) * x * x;
            out[j] = scales[j] * Math.tanh(x - problem) + mu * x;
          }
        }
      }
    },
    // f − f* ≤ ‖g‖² / 2μ; without μ, only a gradient of 0 is an optimum.
    gap: ({ gradient }) => {
      const square = gradient.reduce((sum, g) => sum + g * g, 0);
      return square === 0 ? 0 : square / (2 * mu);
    },
    scale: ({ value }) => value,
    precondition(problem) {
      return dampedDiagonal(Float64Array.from({ length: size }, (_, j) => bend(problem, j)));
    },
  };
}

describe('minimise', () => {
  it('solves each problem, at its own pace', async () => {
    const objective = logCosh(3, [1, 10, 100], 0.1);
    const minima = await minimise(
      objective,
      [0, 1, 2].map(() => ({ point: Float64Array.of(4, -4, 3) })),
      {
        exact: true,
        together: false,
        tolerance: 1e-13,
        maxIterations: 100,
      },
    );
    minima.forEach(({ point, converged }, p) => {
      expect(converged).toBe(true);
      point.forEach((x, j) => {
        expect([1, 10, 100][j] * Math.tanh(x - p) + 0.1 * x).toBeCloseTo(0, 4);
      });
    });
    expect(objective.asked[0]).toBe(3);
    expect(objective.asked.at(-1)).toBeLessThan(3);
  });

  it('stops where it starts at a minimum, and says so', async () => {
    const [{ iterations, converged, value }] = await minimise(logCosh(1, [1], 0), [{ point: new Float64Array(1) }], {
      exact: true,
      together: false,
      tolerance: 1e-9,
      maxIterations: 5,
    });
    expect({ iterations, converged, value }).toEqual({ iterations: 0, converged: true, value: 0 });
  });

  it('never claims what it did not reach', async () => {
    const [{ converged, iterations }] = await minimise(logCosh(1, [1, 50], 0.01), [{ point: Float64Array.of(6, 6) }], {
      exact: true,
      together: false,
      tolerance: 1e-12,
      maxIterations: 2,
    });
    expect({ converged, iterations }).toEqual({ converged: false, iterations: 2 });
  });
});

/** What an objective of one variable answers. */
interface Curve {
  value(x: number): number;
  slope(x: number): number;
  /** The second derivative that Hessian products use, whatever the curve's own is. */
  bend: number;
  /** The gap at each point that is asked for, in turn; the last one stands for all that follow. @default 1 */
  gaps?: readonly number[];
  lifetime?: number;
}

/** One variable, preconditioned by 1. It is never solved, unless a gap is 0. */
function oneVariable({ value, slope, bend, gaps = [1], lifetime = 1000 }: Curve) {
  const points: number[] = [];
  let made = 0;
  const preconditioner = { lifetime, apply: (r: Float64Array, out: Float64Array) => void out.set(r) };
  const objective: Objective = {
    problems: 1,
    size: 1,
    fused: false,
    async answer([query]) {
      const [x] = query.vector;
      if (query.kind === 'point') {
        points.push(x);
        query.value = value(x);
      }
      query.out[0] = query.kind === 'point' ? slope(x) : bend * x;
    },
    gap: () => gaps[Math.min(points.length, gaps.length) - 1],
    scale: () => 0,
    precondition() {
      made++;
      return preconditioner;
    },
  };
  return { objective, points, preconditioner, made: () => made };
}

const parabola = { value: (x: number) => (x * x) / 2, slope: (x: number) => x };
const ENDLESS = { exact: true, together: false, tolerance: 1, maxIterations: 50 };
const at = (...point: number[]) => ({ point: Float64Array.from(point) });

describe('the line search', () => {
  it.each([
    // Steps of −x / bend. The parabola through f(0), f′(0) and f(length) is the curve itself, with its minimum at 0.
    ['takes a whole step that is good', 1, [1, 0]],
    ['goes to the minimum of the parabola', 0.25, [1, -3, 0]],
    ['goes half the way at most', 0.5, [1, -1, 0]],
    ['goes a tenth of the way at least', 0.05, [1, -19, -1, 0]],
  ])('%s', async (_, bend, expected) => {
    const { objective, points } = oneVariable({ ...parabola, bend });
    await minimise(objective, [at(1)], { ...ENDLESS, maxIterations: 1 });
    points.forEach((x, i) => {
      expect(x).toBeCloseTo(expected[i], 12);
    });
    expect(points.length).toBe(expected.length);
  });

  it.each([
    // From 100 with a slope of −4 along the step. Differences below 1e-9 can't be told apart in float64.
    ['takes', 1e-10, -1],
    ['shortens', 1e-10, -1.01],
    ['shortens', 1e-8, 0],
    ['shortens', 1e-4, 0],
  ])('%s a step to a value higher by %d, where the gradient is %d', async (verb, higher, gradient) => {
    const { objective, points } = oneVariable({
      value: (x) => (x === 0 ? 100 + higher : 100),
      slope: (x) => (x === 0 ? gradient : 2),
      bend: 1,
    });
    await minimise(objective, [at(2)], { ...ENDLESS, maxIterations: 1 });
    expect(points.slice(0, 2)).toEqual([2, 0]);
    expect(points.length > 2).toBe(verb === 'shortens');
  });

  it('takes a step to a value that is a little higher where float32 rounds', async () => {
    const curve = { value: (x: number) => (x === 0 ? 100 + 1e-5 : 100), slope: (x: number) => Math.sign(x), bend: 0.5 };
    const found = oneVariable(curve);
    await minimise(found.objective, [at(2)], { ...ENDLESS, exact: false, maxIterations: 1 });
    expect(found.points).toEqual([2, 0]);
  });

  it.each([Number.POSITIVE_INFINITY, Number.NaN])('gives up after 30 trials where the value is %d', async (value) => {
    let asked = 0;
    const { objective, points } = oneVariable({ ...parabola, value: () => (asked++ === 0 ? 0.5 : value), bend: 1 });
    const [found] = await minimise(objective, [at(1)], ENDLESS);
    expect(points.length).toBe(31);
    expect(found).toMatchObject({ point: Float64Array.of(1), value: 0.5, iterations: 0, converged: false });
  });
});

describe('the end of the search', () => {
  const stepsOf = async (gaps: readonly number[], exact: boolean, start = 1, offset = 1) => {
    const value = (x: number) => offset + parabola.value(x);
    const { objective } = oneVariable({ ...parabola, value, bend: 1, gaps });
    const [{ iterations, converged }] = await minimise(objective, [at(start)], { ...ENDLESS, exact });
    return { iterations, converged };
  };
  const thirds = (n: number) => Array.from({ length: n }, (_, i) => 3 ** -i);

  it('comes where the gap is allowed', async () => {
    expect(await stepsOf([1, 0], true)).toEqual({ iterations: 1, converged: true });
  });

  it('comes after six steps, at the minimum, by which the gap has not become less than half', async () => {
    expect(await stepsOf([1], true)).toEqual({ iterations: 6, converged: false });
    expect(
      await stepsOf(
        Array.from({ length: 20 }, (_, i) => 2 ** -i),
        true,
      ),
    ).toMatchObject({ iterations: 6 });
    expect(await stepsOf(thirds(60), true)).toEqual({ iterations: 50, converged: false });
    expect(await stepsOf(thirds(5), true)).toEqual({ iterations: 10, converged: false });
    // The smallest gap counts, not the last one.
    expect(await stepsOf([1, 0.1, 1, 0.06], true)).toEqual({ iterations: 7, converged: false });
  });

  it('comes before a step whose decrease float32 does not show', async () => {
    expect(await stepsOf([1], false)).toEqual({ iterations: 1, converged: false });
    // A decrease of 8e-5 in 100: a little less than a millionth, or a little more.
    expect(await stepsOf([1], false, Math.sqrt(1.6e-4), 100)).toEqual({ iterations: 0, converged: false });
    expect(await stepsOf([1], false, Math.sqrt(2.4e-4), 100)).toEqual({ iterations: 1, converged: false });
    expect(await stepsOf([1], false, 0, 0)).toEqual({ iterations: 0, converged: false });
    expect(await stepsOf([1], true, Math.sqrt(1.6e-4), 100)).toEqual({ iterations: 6, converged: false });
  });
});

describe('preconditioners', () => {
  // Each step halves x, by two Hessian products: the second finds that nothing is left.
  const halving = { ...parabola, bend: 2 };
  const options = { ...ENDLESS, maxIterations: 9 };

  it.each([
    [1, 9],
    [2, 9],
    [3, 5],
    [4, 5],
    [5, 3],
    [1000, 1],
  ])('are made anew once they served for %i products', async (lifetime, expected) => {
    const { objective, made } = oneVariable({ ...halving, lifetime });
    await minimise(objective, [at(1)], options);
    expect(made()).toBe(expected);
  });

  it('go on to serve a search that starts where another ended', async () => {
    const { objective, made, preconditioner } = oneVariable(halving);
    const minima = await minimise(objective, [at(1)], options);
    expect(minima[0].preconditioner).toBe(preconditioner);
    await minimise(objective, minima, options);
    expect(made()).toBe(1);
  });
});

describe('several problems', () => {
  const starts = [0, 1, 2].map(() => at(4, -4, 3));
  const options = { exact: true, tolerance: 1e-13, maxIterations: 100 };

  it.each([false, true])('are asked for points only together, where that is wished: %s', async (together) => {
    const objective = logCosh(3, [1, 10, 100], 0.1);
    const calls: { kinds: Set<string>; problems: Set<number> }[] = [];
    const recording: Objective = {
      ...objective,
      answer(queries) {
        calls.push({
          kinds: new Set(queries.map(({ kind }) => kind)),
          problems: new Set(queries.map(({ problem }) => problem)),
        });
        return objective.answer(queries);
      },
    };
    const minima = await minimise(recording, starts, { ...options, together });
    expect(minima.every(({ converged }) => converged)).toBe(true);
    expect(calls.every(({ kinds }) => kinds.size === 1)).toBe(together);
    // Those that a call for points leaves out have ended.
    const waits = calls.every(({ kinds, problems }, i) => {
      const running = new Set(calls.slice(i).flatMap((call) => [...call.problems]));
      return !kinds.has('point') || problems.size === running.size;
    });
    if (together) expect(waits).toBe(true);
    // The order of the passes changes no result.
    const alone = await minimise(logCosh(3, [1, 10, 100], 0.1), starts, { ...options, together: false });
    expect(minima.map(({ point }) => point)).toEqual(alone.map(({ point }) => point));
    expect(starts[0].point).toEqual(Float64Array.of(4, -4, 3));
  });

  it('tell how far they are: the sum of the values, the largest of the gradients relative to the first', async () => {
    const objective = logCosh(2, [1], 0.1);
    const seen: number[][] = [];
    const value = (x: number, p: number) => Math.log(Math.cosh(x - p)) + 0.05 * x * x;
    const slope = (x: number, p: number) => Math.tanh(x - p) + 0.1 * x;
    // The second one starts at its minimum, where its gradient is 0: its gap is never asked for again.
    const gap: Objective['gap'] = (place) => (place.problem === 1 ? 0 : objective.gap(place));
    const points: number[] = [];
    const recording: Objective = {
      ...objective,
      gap,
      async answer(queries) {
        await objective.answer(queries);
        for (const query of queries) {
          if (query.problem === 0 && query.kind === 'point') points.push(query.vector[0]);
          if (query.problem === 1) query.out[0] = 0;
        }
      },
    };
    const onIteration = (...event: number[]) => seen.push([...event, points[points.length - 1]]);
    await minimise(recording, [at(1), at(2)], { ...options, together: false, onIteration });
    expect(seen.length).toBeGreaterThan(2);
    seen.forEach(([iteration, sum, ratio, x], i) => {
      expect(iteration).toBe(i + 1);
      expect(sum).toBeCloseTo(value(x, 0) + value(2, 1), 12);
      expect(ratio).toBeCloseTo(Math.abs(slope(x, 0) / slope(1, 0)), 12);
    });
  });
});

describe('the Hessian products of a step', () => {
  it('are as many as the forcing sequence asks for, and at the end as the tolerance does', async () => {
    const bends = Float64Array.from({ length: 40 }, (_, j) => 1 + j);
    const size = bends.length;
    const sum = (a: Float64Array, b: Float64Array) => a.reduce((total, v, j) => total + v * b[j], 0);
    const gap = (g: Float64Array) => sum(g, g) / 2;
    const tolerance = 1e-6;
    // The reference: conjugate gradients on ½ xᵀHx by the textbook, step by step.
    let x = new Float64Array(size).fill(1);
    const expected: number[] = [];
    let first = 0;
    while (gap(x.map((v, j) => v * bends[j])) > tolerance) {
      const g = x.map((v, j) => v * bends[j]);
      const length = Math.sqrt(sum(g, g));
      first ||= length;
      const fraction = Math.min(0.25, Math.sqrt(length / first));
      const s = new Float64Array(size);
      let r = g.map((v) => -v);
      let p = r.slice();
      let [decrease, products, last] = [0, 0, false];
      for (;;) {
        const Hp = p.map((v, j) => v * bends[j]);
        products++;
        const rho = sum(r, r);
        const alpha = rho / sum(p, Hp);
        p.forEach((v, j) => {
          s[j] += alpha * v;
        });
        r = r.map((v, j) => v - alpha * Hp[j]);
        const more = (alpha * rho) / 2;
        decrease += more;
        last ||= products * more <= fraction * decrease;
        if (last && (decrease > 300 * tolerance || 4 * gap(r) <= tolerance)) break;
        const beta = sum(r, r) / rho;
        p = r.map((v, j) => v + beta * p[j]);
      }
      x = x.map((v, j) => v + s[j]);
      expected.push(products);
    }
    expect(expected.length).toBeGreaterThan(3);

    const found: number[] = [0];
    const objective: Objective = {
      problems: 1,
      size,
      fused: false,
      async answer([query]) {
        const { kind, vector, out } = query;
        out.set(vector.map((v, j) => v * bends[j]));
        query.value = kind === 'point' ? sum(vector, out) / 2 : 0;
        if (kind === 'point') found.push(0);
        else found[found.length - 1]++;
      },
      gap: ({ gradient }) => gap(gradient),
      scale: () => 1,
      precondition: () => ({ lifetime: 1000, apply: (from, to) => void to.set(from) }),
    };
    const [{ converged }] = await minimise(objective, [{ point: new Float64Array(size).fill(1) }], {
      exact: true,
      together: false,
      tolerance,
      maxIterations: 100,
    });
    expect(converged).toBe(true);
    expect(found.slice(1, -1)).toEqual(expected);
  });
});
