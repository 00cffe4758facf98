/**
 * REFERENCE MODE: the published code's block coordinate descent, for comparison with its numbers. It does not minimise
 * F: the gradient of its Ω-step has another scale than F's, the step starts from a matrix that is not positive
 * definite, and Ω stays indefinite. Use `fitGgm` for anything but comparison.
 *
 *   Ω ← pinv(S + 1e-10 I)
 *   up to 50 times:
 *     Δ ← Ω;  Δ_{I,j} ← GST(‖v‖; τ/2λ, p, J = 5) / (‖v‖ + 1e-8) · v  for j ∉ I, v = Ω_{I,j}
 *     A ← sym((S − 2λΔ)/2λ);  Ω ← A
 *     up to 100 times: Ω' ← Ω + 1e-4 ((Ω + 1e-9 I)⁻¹ − A − 2λΩ)/2λ, until ‖Ω' − Ω‖_F < 1e-6
 *     from the third time on, stop when Ω and Δ both changed by less than 1e-6
 *
 * Different on purpose, to rounding: the published code runs in single precision with a matrix inverse an inner step.
 * Every inner iterate is a function of A and shares its eigenvectors, so here one eigendecomposition an outer step turns
 * the inner loop into scalars. The pseudo-inverse keeps single precision's cutoff, p · 2⁻²³ · σ_max, since the answer
 * depends on it by orders of magnitude; what is left of the cut's neighbourhood differs by about 1e-3.
 */
import { euclideanNorm, fromEigen, Matrix, proxLpFixedIterations, symmetricEigen } from '@ggm-peft/linalg';
import { columnGroups, readGroup, writeGroup } from '../problem/groups.js';

/** Arguments of {@link referenceBcd}, with the published values as defaults. */
export interface ReferenceBcdInput {
  /** S [p, p], symmetric; may be singular. */
  readonly covariance: Matrix;
  /** I. */
  readonly importantNodes: readonly number[];
  /** λ; default 1000. */
  readonly coupling?: number;
  /** τ; default 20. */
  readonly tau?: number;
  /** Exponent of the ℓp penalty; default 0.9. */
  readonly p?: number;
}

/** What the published iteration ends with; Ω is in general indefinite. */
export interface ReferenceFit {
  readonly omega: Matrix;
  readonly delta: Matrix;
  /** Outer iterations run, at most 50. */
  readonly iterations: number;
}

const OUTER_ITERATIONS = 50;
const INNER_ITERATIONS = 100;
const RATE = 1e-4;
const CHANGE = 1e-6;
const GST_ITERATIONS = 5;
const SINGLE_EPSILON = 2 ** -23;

/** Runs the published iteration. */
export function referenceBcd(input: ReferenceBcdInput): ReferenceFit {
  const { covariance, importantNodes, coupling = 1000, tau = 20, p = 0.9 } = input;
  const nodeCount = covariance.rows;
  const groups = columnGroups(nodeCount, importantNodes);
  let omega = pseudoInverse(covariance);
  let delta = omega;
  for (let iteration = 1; ; iteration++) {
    const previous = { omega, delta };
    delta = omega.clone();
    for (const group of groups) {
      const v = readGroup(omega.data, nodeCount, group);
      const length = euclideanNorm(v);
      const factor = proxLpFixedIterations(length, tau / (2 * coupling), p, GST_ITERATIONS) / (length + 1e-8);
      writeGroup(
        delta.data,
        nodeCount,
        group,
        v.map((value) => value * factor),
      );
    }
    omega = gradientDescent(covariance, delta, coupling);
    const settled =
      iteration > 2 && distance(omega, previous.omega) < CHANGE && distance(delta, previous.delta) < CHANGE;
    if (settled || iteration === OUTER_ITERATIONS) return { omega, delta, iterations: iteration };
  }
}

/** The inner loop, on the eigenvalues of A. */
function gradientDescent(covariance: Matrix, delta: Matrix, coupling: number): Matrix {
  const p = covariance.rows;
  const a = Matrix.zeros(p, p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const both = (delta.data[i * p + j] ?? 0) + (delta.data[j * p + i] ?? 0);
      a.data[i * p + j] = symmetricPart(covariance, i, j) / (2 * coupling) - both / 2;
    }
  }
  const { values, vectors } = symmetricEigen(a);
  const omegas = values.slice();
  for (let step = 0; step < INNER_ITERATIONS; step++) {
    const changes = omegas.map(
      (omega, k) => (RATE * (1 / (omega + 1e-9) - (values[k] ?? 0) - 2 * coupling * omega)) / (2 * coupling),
    );
    for (let k = 0; k < p; k++) omegas[k] = (omegas[k] ?? 0) + (changes[k] ?? 0);
    if (euclideanNorm(changes) < CHANGE) break;
  }
  return fromEigen(omegas, vectors);
}

/** pinv(S + 1e-10 I) with the cutoff that single precision has by default. */
function pseudoInverse(covariance: Matrix): Matrix {
  const p = covariance.rows;
  const ridged = Matrix.zeros(p, p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++)
      ridged.data[i * p + j] = symmetricPart(covariance, i, j) + (i === j ? 1e-10 : 0);
  }
  const { values, vectors } = symmetricEigen(ridged);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const cutoff = p * SINGLE_EPSILON * largest;
  return fromEigen(
    values.map((value) => (Math.abs(value) > cutoff ? 1 / value : 0)),
    vectors,
  );
}

/** (s_ij + s_ji)/2: in single precision the two can differ. */
function symmetricPart({ cols, data }: Matrix, i: number, j: number): number {
  return ((data[i * cols + j] ?? 0) + (data[j * cols + i] ?? 0)) / 2;
}

function distance(a: Matrix, b: Matrix): number {
  return euclideanNorm(a.data.map((value, k) => value - (b.data[k] ?? 0)));
}
