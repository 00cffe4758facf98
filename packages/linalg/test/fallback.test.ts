/** Everything that uses the compiled kernels, where they cannot run: the same answers to rounding. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as withKernels from '../src/index.js';
import { instantiateKernels } from '../src/wasm/kernels.js';
import { largestDifference, randomMatrix } from './random-matrix.js';

type Linalg = typeof withKernels;

function refuse(): never {
  throw new Error('CompileError');
}

function accept(): object {
  return { exports: {} };
}

/** Hosts without our kernels: none at all, an old engine or a strict policy, an engine that is not what it says. */
const hosts: [string, unknown][] = [
  ['no WebAssembly', undefined],
  [
    'modules do not compile (no SIMD, Content-Security-Policy, size limit)',
    { Module: refuse, Instance: accept },
  ],
  ['exports are missing', { Module: accept, Instance: accept }],
];

// Compiled once and for all before WebAssembly is taken away, for the answers to compare with.
const compiled = instantiateKernels();

describe.each(hosts)('without kernels: %s', (_, host) => {
  const given: unknown = Reflect.get(globalThis, 'WebAssembly');
  let linalg: Linalg;

  beforeEach(async () => {
    Reflect.set(globalThis, 'WebAssembly', host);
    jest.resetModules();
    linalg = await import('../src/index.js');
    const fresh = await import('../src/wasm/kernels.js');
    expect(fresh.instantiateKernels()).toBeUndefined();
    expect(compiled).toBeDefined();
    expect(instantiateKernels()).toBeDefined();
  });
  afterEach(() => {
    Reflect.set(globalThis, 'WebAssembly', given);
  });

  it('products', () => {
    const a = randomMatrix(70, 90, 1);
    const b = randomMatrix(90, 80, 2);
    const d = randomMatrix(1, 90, 3).data;
    const both = (work: (of: Linalg) => withKernels.Matrix) => {
      expect(largestDifference(work(linalg), work(withKernels))).toBeLessThan(1e-12);
    };
    both((of) => of.multiply(a, b));
    both((of) => of.multiplyTransposedRight(a, withKernels.transpose(b)));
    both((of) => of.multiplyTransposedLeft(withKernels.transpose(a), b));
    both((of) => of.gram(a));
    both((of) => of.fromEigen(d, a));
  });

  it('eigendecompositions', () => {
    const a = withKernels.gram(randomMatrix(90, 60, 4)); // 30 eigenvalues are 0
    const here = linalg.symmetricEigen(a);
    const there = withKernels.symmetricEigen(a);
    const scale = there.values[89] ?? Number.NaN;
    expect(scale).toBeGreaterThan(1);
    here.values.forEach((value, i) => {
      expect(Math.abs(value - (there.values[i] ?? Number.NaN))).toBeLessThan(1e-14 * 90 * scale);
    });
    linalg.symmetricEigenvalues(a).forEach((value, i) => {
      expect(Math.abs(value - (there.values[i] ?? Number.NaN))).toBeLessThan(1e-14 * 90 * scale);
    });
    // Vectors are unique up to sign only where the value is simple; the projection on the range is unique.
    const projection = (of: withKernels.SymmetricEigen) =>
      withKernels.fromEigen(
        of.values.map((value) => (value > 1e-8 * scale ? 1 : 0)),
        of.vectors,
      );
    expect(largestDifference(projection(here), projection(there))).toBeLessThan(1e-11);
  });

  it('Cholesky', () => {
    const a = withKernels.gram(randomMatrix(70, 100, 5));
    const here = linalg.cholesky(a);
    const there = withKernels.cholesky(a);
    if (here.status !== 'ok' || there.status !== 'ok') throw new Error('not positive definite');
    expect(largestDifference(here.lower, there.lower)).toBeLessThan(1e-12);
    expect(
      largestDifference(linalg.choleskyInverse(here.lower), withKernels.choleskyInverse(there.lower)),
    ).toBeLessThan(1e-10);
    a.set(60, 60, -1);
    const failed = linalg.cholesky(a);
    const expected = withKernels.cholesky(a);
    if (failed.status === 'ok' || expected.status === 'ok') throw new Error('an indefinite matrix passed');
    expect(failed.pivot).toBe(60);
    expect(expected.pivot).toBe(60);
    expect(failed.value).toBeCloseTo(expected.value, 9);
  });

  it('singular value decompositions', () => {
    const a = randomMatrix(60, 40, 6);
    const here = linalg.svd(a);
    const there = withKernels.svd(a);
    expect(largestDifference(here.u, there.u)).toBeLessThan(1e-11);
    expect(largestDifference(here.vt, there.vt)).toBeLessThan(1e-11);
    here.singularValues.forEach((value, i) => {
      expect(value).toBeCloseTo(there.singularValues[i] ?? Number.NaN, 12);
    });
    for (const [m, n, rank] of [
      [60, 40, 3], // the full route
      [290, 280, 4], // block Lanczos
    ] as const) {
      const b = randomMatrix(m, n, 7);
      const ours = linalg.truncatedSvd(b, rank);
      const theirs = withKernels.truncatedSvd(b, rank);
      expect(ours.iterations > 0).toBe(n > 100);
      expect(ours.converged).toBe(true);
      ours.singularValues.forEach((value, i) => {
        expect(value).toBeCloseTo(theirs.singularValues[i] ?? Number.NaN, 9);
      });
      expect(largestDifference(ours.vt, theirs.vt)).toBeLessThan(1e-4);
    }
  });
});
