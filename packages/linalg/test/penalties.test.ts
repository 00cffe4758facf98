/**
 * The contract that every penalty passes, then what sets each apart: golden values, thresholds and jumps, limits.
 * The judge of a prox is its objective ½ (x − t)² + w g(x), evaluated from `value` alone.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  cappedL1Penalty,
  etpPenalty,
  gemanPenalty,
  l0Penalty,
  l1Penalty,
  laplacePenalty,
  logSumPenalty,
  lpPenalty,
  lpThreshold,
  mcpPenalty,
  type Penalty,
  proxGroup,
  scadPenalty,
} from '../src/index.js';

interface PenaltyCase {
  readonly penalty: Penalty;
  /** Lengths at which g has no second derivative: not to be straddled by a finite difference. */
  readonly knees?: readonly number[];
}

const cases: readonly PenaltyCase[] = [
  { penalty: l1Penalty() },
  { penalty: lpPenalty(1) },
  { penalty: lpPenalty() },
  { penalty: lpPenalty(2 / 3) },
  { penalty: lpPenalty(0.5) },
  { penalty: lpPenalty(0.1) },
  { penalty: mcpPenalty(), knees: [3] },
  { penalty: mcpPenalty(1.2, 0.3), knees: [0.36] },
  { penalty: scadPenalty(), knees: [1, 3.7] },
  { penalty: scadPenalty(2.1, 0.4), knees: [0.4, 0.84] },
  { penalty: logSumPenalty(0.5) },
  { penalty: logSumPenalty(0.01) },
  { penalty: logSumPenalty(4) },
  { penalty: cappedL1Penalty(1), knees: [1] },
  { penalty: cappedL1Penalty(0.2), knees: [0.2] },
  { penalty: etpPenalty(1) },
  { penalty: etpPenalty(8) },
  { penalty: laplacePenalty(0.5) },
  { penalty: laplacePenalty(0.02) },
  { penalty: laplacePenalty(5) },
  { penalty: gemanPenalty(0.5) },
  { penalty: gemanPenalty(0.02) },
  { penalty: gemanPenalty(5) },
  { penalty: l0Penalty() },
];

// 0 or a number with room to be halved: subnormal numbers have no relative accuracy.
const length = fc.double({ min: 0, max: 20, noNaN: true }).map((t) => (t < 1e-100 ? 0 : t));
const someWeight = fc.double({ min: 1e-6, max: 6, noNaN: true });

function objective(penalty: Penalty, t: number, weight: number): (x: number) => number {
  return (x) => 0.5 * (x - t) ** 2 + weight * penalty.value(x);
}

/** The t at which `isAbove` turns from false to true, to the last bit. */
function bisect(low: number, high: number, isAbove: (t: number) => boolean): number {
  let below = low;
  let above = high;
  for (;;) {
    const middle = 0.5 * (below + above);
    if (middle <= below || middle >= above) return above;
    if (isAbove(middle)) above = middle;
    else below = middle;
  }
}

/** The smallest t that the prox does not take to 0. */
function thresholdOf(penalty: Penalty, weight: number): number {
  return bisect(0, 1e3, (t) => penalty.prox(t, weight) > 0);
}

describe.each(cases.map((it) => [it.penalty.name, it] as const))('contract of %s', (_, testCase) => {
  const { penalty, knees = [] } = testCase;

  it('has g(0) = 0, never falls, and is concave', () => {
    expect(penalty.value(0)).toBe(0);
    fc.assert(
      fc.property(length, length, (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(penalty.value(high)).toBeGreaterThanOrEqual(penalty.value(low));
        const chord = 0.5 * (penalty.value(low) + penalty.value(high));
        expect(penalty.value(0.5 * (low + high))).toBeGreaterThanOrEqual(chord * (1 - 1e-14));
      }),
    );
  });

  it('outgrows the logarithm exactly if it is coercive', () => {
    const againstLog = (t: number): number => penalty.value(t) / Math.log(t);
    const growth = againstLog(1e120) / againstLog(1e60);
    if (penalty.coercive) expect(growth).toBeGreaterThan(10);
    else expect(growth).toBeLessThan(1.1);
  });

  it('has a prox that no point of a grid beats', () => {
    fc.assert(
      fc.property(length, someWeight, (t, weight) => {
        const at = objective(penalty, t, weight);
        const x = penalty.prox(t, weight);
        const best = at(x);
        let onGrid = at(0);
        for (let k = 1; k <= 500; k++) onGrid = Math.min(onGrid, at((1.1 * t * k) / 500));
        for (const factor of [1e-2, 1e-4, 1e-6]) {
          onGrid = Math.min(onGrid, at(x * (1 + factor)), at(x * (1 - factor)), at(factor));
        }
        expect(best).toBeLessThanOrEqual(onGrid + 1e-14 * (1 + t * t + weight * penalty.value(t)));
      }),
      { numRuns: 200 },
    );
  });

  it('removes a slope that its subdifferential contains', () => {
    fc.assert(
      fc.property(length, someWeight, (t, weight) => {
        const x = penalty.prox(t, weight);
        expect(penalty.subdifferentialDistance(x, t - x, weight)).toBeLessThanOrEqual(3e-14 * (1 + t));
      }),
      { numRuns: 500 },
    );
  });

  it('shrinks, and is monotone: up with t, down with the weight', () => {
    fc.assert(
      fc.property(length, length, someWeight, someWeight, (t, u, weight, other) => {
        const rounding = 1e-14 * (1 + Math.max(t, u));
        const x = penalty.prox(t, weight);
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x).toBeLessThanOrEqual(t);
        expect((penalty.prox(u, weight) - x) * Math.sign(u - t)).toBeGreaterThanOrEqual(-rounding);
        expect((penalty.prox(t, other) - x) * Math.sign(weight - other)).toBeGreaterThanOrEqual(-rounding);
      }),
      { numRuns: 500 },
    );
  });

  it('is odd as the prox of a group of one', () => {
    fc.assert(
      fc.property(length, someWeight, (t, weight) => {
        const scalarProx = (size: number): number => penalty.prox(size, weight);
        const [up] = proxGroup(Float64Array.of(t), scalarProx);
        const [down] = proxGroup(Float64Array.of(-t), scalarProx);
        expect(up).toBeCloseTo(penalty.prox(t, weight), 13);
        expect(down === 0 ? 0 : -(down ?? Number.NaN)).toBe(up);
      }),
    );
  });

  it('does nothing at weight 0 and takes everything to 0 at weight Infinity', () => {
    fc.assert(
      fc.property(length, (t) => {
        expect(penalty.prox(t, 0)).toBe(t);
        expect(penalty.prox(t, Infinity)).toBe(0);
      }),
    );
    for (const t of [0, 0.1, 1, 40]) {
      expect(penalty.subdifferentialDistance(t, -2, 0)).toBe(2);
    }
  });

  it('jumps only where both ends are equally good', () => {
    for (const weight of [0.003, 0.05, 0.3, 1, 2.5, 6]) {
      const step = 0.02;
      for (let k = 0; k < 600; k++) {
        const [low, high] = [penalty.prox(k * step, weight), penalty.prox((k + 1) * step, weight)];
        if (high - low <= step) continue;
        const half = 0.5 * (low + high);
        const t = bisect(k * step, (k + 1) * step, (point) => penalty.prox(point, weight) > half);
        const below = penalty.prox(t * (1 - 1e-15), weight);
        const above = penalty.prox(t, weight);
        if (above - below < 1e-6) continue;
        const at = objective(penalty, t, weight);
        expect(Math.abs(at(above) - at(below))).toBeLessThanOrEqual(1e-13 * (1 + t * t));
      }
    }
  });

  it('has the derivative of its value', () => {
    for (const t of [0.004, 0.05, 0.3, 1.5, 4, 9]) {
      const h = 1e-5 * t;
      if (knees.some((knee) => Math.abs(knee - t) < h)) continue;
      const difference = (penalty.value(t + h) - penalty.value(t - h)) / (2 * h);
      const accuracy = 1e-8 * (penalty.derivative(t) + penalty.value(t) / t);
      expect(Math.abs(penalty.derivative(t) - difference)).toBeLessThanOrEqual(accuracy);
    }
  });

  it('measures slopes against weight times the derivative', () => {
    for (const t of [0.05, 1.5, 9]) {
      const slope = penalty.derivative(t);
      for (const offset of [-3, 0, 0.25]) {
        const distance = penalty.subdifferentialDistance(t, 2 * slope + offset, 2);
        expect(distance).toBeCloseTo(Math.abs(offset), 12);
      }
    }
  });

  it('has at 0 the interval of its slope there', () => {
    const { slopeAtZero } = penalty;
    if (slopeAtZero === Infinity) {
      expect(penalty.value(1e-200) / 1e-200).toBeGreaterThan(1e15);
      expect(penalty.subdifferentialDistance(0, -1e9, 1e-9)).toBe(0);
    } else {
      expect(penalty.value(1e-200) / 1e-200 / slopeAtZero).toBeCloseTo(1, 14);
      expect(penalty.derivative(1e-200) / slopeAtZero).toBeCloseTo(1, 14);
      expect(penalty.subdifferentialDistance(0, 2 * slopeAtZero, 2)).toBe(0);
      expect(penalty.subdifferentialDistance(0, -2 * slopeAtZero - 3, 2)).toBeCloseTo(3, 13);
    }
  });

  it(penalty.convex ? 'is convex: nonexpansive' : 'is not convex: expands somewhere', () => {
    if (penalty.convex) {
      fc.assert(
        fc.property(length, length, someWeight, (t, u, weight) => {
          const moved = Math.abs(penalty.prox(t, weight) - penalty.prox(u, weight));
          expect(moved).toBeLessThanOrEqual(Math.abs(t - u) * (1 + 1e-14) + 1e-14);
        }),
      );
    } else {
      const step = 0.01;
      let steepest = 0;
      for (let k = 0; k < 600; k++) {
        const moved = penalty.prox((k + 1) * step, 0.1) - penalty.prox(k * step, 0.1);
        steepest = Math.max(steepest, moved / step);
      }
      expect(steepest).toBeGreaterThan(1.0001);
    }
  });
});

describe('golden values', () => {
  // The project's table: computed independently, by brute force, to 6 decimals; weight ½.
  it.each([
    [mcpPenalty(3), 0.84, 1.32, 2.4],
    [scadPenalty(3.7), 0.7, 1.122727, 2.227273],
    [logSumPenalty(0.5), 0.821699, 1.326209, 2.322876],
    [cappedL1Penalty(1), 0.7, 1.6, 2.5],
    [laplacePenalty(0.5), 1.086065, 1.555438, 2.493169],
    [gemanPenalty(0.5), 1.102669, 1.539922, 2.47169],
  ])('%#: prox at 1.2, 1.6 and 2.5', (penalty, ...expected) => {
    expect([1.2, 1.6, 2.5].map((t) => Math.round(penalty.prox(t, 0.5) * 1e6) / 1e6)).toEqual(expected);
  });
});

describe('thresholds and jumps', () => {
  // [penalty, weight, where the prox leaves 0, its value just above]: by hand from the equation in each file's head.
  it.each<[Penalty, number, number, number]>([
    [l1Penalty(), 0.7, 0.7, 0],
    [l0Penalty(), 0.5, 1, 1],
    [lpPenalty(0.5), 1, 1.5, 1],
    [mcpPenalty(3), 2, 2, 0],
    [mcpPenalty(3), 12, 6, 6], // concave up to the knee: hard thresholding at √36
    [mcpPenalty(2, 0.25), 2, 1, 1],
    [scadPenalty(3.7), 2, 2, 0],
    [scadPenalty(3), 2.5, 2.5, 0], // concave in the middle, but soft thresholding comes first
    [scadPenalty(3), 9, 6, 6], // the plateau is 2: √(2 · 9 · 2)
    [cappedL1Penalty(1), 0.5, 0.5, 0],
    [cappedL1Penalty(1), 8, 4, 4], // √(2 · 8 · 1)
    [logSumPenalty(2), 3, 1.5, 0], // w g′(0); continuous while w ≤ ε²
    [laplacePenalty(2), 3, 1.5, 0], // the same, w ≤ γ²
    [gemanPenalty(2), 1.9, 0.95, 0], // w ≤ γ²/2
    [etpPenalty(0.5), 0.4, (0.4 * 0.5) / (1 - Math.exp(-0.5)), 0],
  ])('%#: of $name at weight %d', (penalty, weight, threshold, valueAbove) => {
    const found = thresholdOf(penalty, weight);
    expect(found).toBeCloseTo(threshold, 13);
    expect(penalty.prox(threshold * (1 + 1e-9), weight)).toBeCloseTo(valueAbove, 7);
    expect(penalty.prox(threshold, weight)).toBeCloseTo(0, 13);
  });

  it('jump a second time where soft thresholding turns into the identity', () => {
    // Capped ℓ1, θ = 1, w = ½: at θ + w/2, from θ − w/2. SCAD, a = 3, w = 2.5: at (a + 1)/2 + w/2 = 3.25, from 0.75.
    expect(cappedL1Penalty(1).prox(1.25, 0.5)).toBe(0.75);
    expect(cappedL1Penalty(1).prox(1.25 + 1e-12, 0.5)).toBeCloseTo(1.25, 11);
    expect(scadPenalty(3).prox(3.25, 2.5)).toBe(0.75);
    expect(scadPenalty(3).prox(3.25 + 1e-12, 2.5)).toBeCloseTo(3.25, 11);
  });

  it('are lpThreshold for ℓp', () => {
    for (const p of [0.1, 0.5, 2 / 3, 0.9, 1]) {
      expect(thresholdOf(lpPenalty(p), 0.8)).toBeCloseTo(lpThreshold(0.8, p), 13);
    }
  });

  it('take the tie itself to 0', () => {
    expect(l0Penalty().prox(1, 0.5)).toBe(0);
    expect(cappedL1Penalty(1).prox(4, 8)).toBe(0);
    expect(mcpPenalty(3).prox(6, 12)).toBe(0);
    expect(lpPenalty(0.5).prox(1.5, 1)).toBe(0);
  });
});

describe('weights and scales', () => {
  // If g_s(s t) = s^a g(t), then prox_s(s t, s^(2−a) w) = s prox(t, w).
  it.each<[string, number, (scale: number) => Penalty]>([
    ['l1', 1, () => l1Penalty()],
    ['lp(0.3)', 0.3, () => lpPenalty(0.3)],
    ['mcp, level', 1, (scale) => mcpPenalty(2.5, scale)],
    ['scad, level', 1, (scale) => scadPenalty(3.7, scale)],
    ['capped-l1, theta', 1, (scale) => cappedL1Penalty(scale)],
    ['log-sum, epsilon', 0, (scale) => logSumPenalty(scale)],
    ['laplace, gamma', 0, (scale) => laplacePenalty(scale)],
    ['geman, gamma', 0, (scale) => gemanPenalty(scale)],
    ['l0', 0, () => l0Penalty()],
  ])('of %s agree', (_, degree, scaled) => {
    const unit = scaled(1);
    fc.assert(
      fc.property(length, someWeight, fc.integer({ min: -6, max: 6 }), (t, weight, exponent) => {
        const scale = 4 ** exponent;
        const small = scaled(scale);
        const weightThere = scale ** (2 - degree) * weight;
        const x = unit.prox(t, weight);
        // Rounding may decide a tie either way: compare what is minimised.
        const at = objective(unit, t, weight);
        expect(at(small.prox(scale * t, weightThere) / scale)).toBeCloseTo(at(x), 10);
        expect(small.value(scale * t)).toBeCloseTo(scale ** degree * unit.value(t), 10);
      }),
    );
  });

  it('make λ · g with level λ the penalties of Zhang and of Fan and Li', () => {
    const level = 0.3;
    for (let t = 0; t < 2; t += 0.05) {
      const mcp = t <= 3 * level ? level * t - t ** 2 / 6 : 1.5 * level ** 2;
      expect(level * mcpPenalty(3, level).value(t)).toBeCloseTo(mcp, 15);
      let scad = 2.35 * level ** 2;
      if (t <= 3.7 * level) scad = (2 * 3.7 * level * t - t ** 2 - level ** 2) / 5.4;
      if (t <= level) scad = level * t;
      expect(level * scadPenalty(3.7, level).value(t)).toBeCloseTo(scad, 15);
    }
  });

  it('make ETP a Laplace penalty with another weight', () => {
    const gamma = 3;
    const weight = 0.4;
    for (const t of [0.2, 1, 1.1, 3]) {
      expect(etpPenalty(gamma).value(t)).toBeCloseTo((1 - Math.exp(-gamma * t)) / (1 - Math.exp(-gamma)), 14);
      const laplace = laplacePenalty(1 / gamma).prox(t, weight / (1 - Math.exp(-gamma)));
      expect(etpPenalty(gamma).prox(t, weight)).toBeCloseTo(laplace, 14);
    }
  });
});

describe('limits', () => {
  it('of MCP, SCAD, log-sum and ETP are ℓ1', () => {
    const nearly = [mcpPenalty(1e12), scadPenalty(1e12), etpPenalty(1e-12)];
    for (const penalty of nearly) expect(penalty.prox(2, 0.5)).toBeCloseTo(1.5, 10);
    expect(logSumPenalty(1e9).prox(2, 0.5e9)).toBeCloseTo(1.5, 8);
  });

  it('of Laplace, Geman, ETP and small p are ℓ0', () => {
    for (const penalty of [laplacePenalty(1e-6), gemanPenalty(1e-12), etpPenalty(1e6), lpPenalty(1e-9)]) {
      expect(penalty.prox(0.99, 0.5)).toBe(0);
      expect(penalty.prox(1.01, 0.5)).toBeCloseTo(1.01, 8);
    }
  });

  it('are kept at the ends of the range of numbers', () => {
    for (const { penalty } of cases) {
      for (const t of [0, Number.MIN_VALUE, 1e-150, 1e150]) {
        for (const weight of [Number.MIN_VALUE, 1e-200, 1e-12, 1e12]) {
          const x = penalty.prox(t, weight);
          expect(x >= 0 && x <= t).toBe(true);
        }
      }
    }
  });
});

describe('the kink of capped ℓ1', () => {
  it('has the slopes of both sides and nothing between', () => {
    const penalty = cappedL1Penalty(1);
    expect(penalty.subdifferentialDistance(1, 0, 2)).toBe(0);
    expect(penalty.subdifferentialDistance(1, 2, 2)).toBe(0);
    expect(penalty.subdifferentialDistance(1, 1.5, 2)).toBe(0.5);
    expect(penalty.derivative(1)).toBe(0);
  });
});

describe('parameters', () => {
  it('are checked', () => {
    expect(lpPenalty().p).toBe(0.9);
    expect(() => lpPenalty(0)).toThrow('lpPenalty: p must lie in (0, 1]; got 0');
    expect(() => lpPenalty(1.5)).toThrow(RangeError);
    expect(() => mcpPenalty(0)).toThrow('mcpPenalty: gamma must be positive and finite; got 0');
    expect(() => mcpPenalty(3, -1)).toThrow('mcpPenalty: level must be positive and finite; got -1');
    expect(() => scadPenalty(2)).toThrow('scadPenalty: a must be finite and greater than 2; got 2');
    expect(() => scadPenalty(3, 0)).toThrow('scadPenalty: level must be positive and finite; got 0');
    expect(() => logSumPenalty(0)).toThrow('logSumPenalty: epsilon must be positive and finite; got 0');
    expect(() => cappedL1Penalty(Infinity)).toThrow('cappedL1Penalty: theta must be positive and finite');
    expect(() => etpPenalty(Number.NaN)).toThrow('etpPenalty: gamma must be positive and finite; got NaN');
    expect(() => laplacePenalty(-2)).toThrow('laplacePenalty: gamma must be positive and finite; got -2');
    expect(() => gemanPenalty(0)).toThrow('gemanPenalty: gamma must be positive and finite; got 0');
  });

  it('are part of the name', () => {
    const names = cases.map(({ penalty }) => penalty.name);
    expect(new Set(names).size).toBe(cases.length);
    expect(names).toContain('lp(0.5)');
    expect(names).toContain('mcp(1.2, 0.3)');
  });
});
