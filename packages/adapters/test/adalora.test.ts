import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { attachMethod } from '../src/index.js';
import type { AdaloraOptions, AttachedMethod } from '../src/index.js';
import { budgetAfter, planPhases } from '../src/methods/adalora-schedule.js';
import { orthogonality } from '../src/methods/orthogonality.js';
import { ToyModel, toyInputs, toyValues } from './toy-model.js';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

describe('the budget', () => {
  it('stays, falls along a cubic curve, and stays again', () => {
    const phases = planPhases({ epochs: 4, stepsPerEpoch: 10 }, { initialSteps: 5, finalSteps: 15 });
    const budgets = Array.from({ length: 40 }, (_, i) => budgetAfter(i + 1, phases, 120, 40));
    expect(budgets.slice(0, 5)).toEqual([null, null, null, null, null]);
    // 40 + 80 (1 − (t − 5)/20)³, rounded down
    expect(budgets[9]).toBe(Math.floor(40 + 80 * 0.75 ** 3));
    expect(budgets[14]).toBe(50);
    expect(budgets.slice(24)).toEqual(Array(16).fill(40));
    const falling = budgets.slice(5, 25).map((budget) => budget ?? NaN);
    expect(falling.every((budget, i) => i === 0 || budget <= (falling[i - 1] ?? NaN))).toBe(true);
  });

  it('is allocated every so many steps, and when it is the final one', () => {
    const phases = planPhases(
      { epochs: 1, stepsPerEpoch: 10 },
      { initialSteps: 0, finalSteps: 3, interval: 4 },
    );
    const allocated = Array.from({ length: 10 }, (_, i) => budgetAfter(i + 1, phases, 12, 4) !== null);
    expect(allocated.flatMap((is, i) => (is ? [i + 1] : []))).toEqual([4, 7, 8, 9, 10]);
  });

  it('falls from a tenth to half of the steps by default', () => {
    expect(planPhases({ epochs: 5, stepsPerEpoch: 20 }, {})).toEqual({
      initialSteps: 10,
      finalSteps: 50,
      interval: 1,
      settledStep: 50,
    });
  });

  it.each([
    [
      { initialSteps: 6, finalSteps: 4 },
      'must leave at least one of the training’s 10 steps'.replace('’', "'"),
    ],
    [{ initialSteps: -1 }, 'adalora: initialSteps must be an integer of at least 0; got -1'],
    [{ interval: 0 }, 'adalora: interval must be an integer of at least 1; got 0'],
  ])('refuses %j', (phases, message) => {
    expect(() => planPhases({ epochs: 1, stepsPerEpoch: 10 }, phases)).toThrow(message);
  });
});

describe('orthogonality', () => {
  it('is the mean distance of the Gram matrices from the identity', () => {
    const a = tf.tensor2d([3, 0, 0, 1], [2, 2]); // PᵀP − I = diag(8, 0)
    const b = tf.tensor2d([0, 1, 1, 0], [2, 2]); // QQᵀ = I
    expect(orthogonality([{ a, b }]).dataSync()[0]).toBeCloseTo(4, 5);
  });

  it('has a finite gradient where the factors are orthonormal', () => {
    const a = tf.variable(tf.eye(3));
    const { grads } = tf.variableGrads(() => orthogonality([{ a, b: a }]), [a]);
    expect(grads[a.name]?.dataSync()).toEqual(new Float32Array(9));
  });
});

describe('adalora', () => {
  const plan = { epochs: 4, stepsPerEpoch: 4 };
  const options: AdaloraOptions = { initialRank: 4, targetRank: 2, initialSteps: 2, finalSteps: 6 };
  let model: ToyModel;
  let x: tf.Tensor2D;
  let method: AttachedMethod;

  beforeEach(async () => {
    model = new ToyModel();
    x = toyInputs(6);
    method = await attachMethod(model, 'adalora', options);
  });
  afterEach(() => {
    method.dispose();
    model.dispose();
    x.dispose();
  });

  const outputs = (): number[] => tf.tidy(() => [...model.forward(x).dataSync()]);
  const sites = () => model.layers.filter(({ weight }) => weight.role === 'encoder');
  const lambdas = (): number[][] => sites().map(({ pair }) => [...(pair?.diagonal?.dataSync() ?? [])]);

  async function step(): Promise<void> {
    const trainables = method.trainables();
    const target = tf.tensor2d(toyValues(12, 40), [6, 2]);
    const { value, grads } = tf.variableGrads(
      () => tf.mean(tf.square(tf.sub(model.forward(x), target))),
      trainables.map(({ variable }) => variable),
    );
    const gradients = new Map(
      trainables.map(({ name, variable }) => [name, grads[variable.name] ?? tf.zerosLike(variable)]),
    );
    for (const { name, variable } of trainables) {
      tf.tidy(() => {
        variable.assign(tf.sub(variable, tf.mul(gradients.get(name) ?? 0, 0.2)));
      });
    }
    await method.afterStep(gradients);
    tf.dispose([value, target, ...gradients.values()]);
  }

  async function steps(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await step();
  }

  it('begins with P and Q of deviation 0.02, λ of zero, and scale α/r₀', () => {
    for (const { pair } of sites()) {
      const values = [...(pair?.a.dataSync() ?? []), ...(pair?.b.dataSync() ?? [])];
      const deviation = Math.hypot(...values) / Math.sqrt(values.length);
      expect(deviation).toBeGreaterThan(0.014);
      expect(deviation).toBeLessThan(0.026);
      expect(pair?.scale).toBe(8 / 4);
    }
    expect(lambdas()).toEqual(Array(3).fill([0, 0, 0, 0]));
  });

  it('sets λ of all but the most important triplets to zero, over all sites together', async () => {
    method.checkPlan(plan);
    await method.startEpoch(0);
    await steps(2);
    expect(
      lambdas()
        .flat()
        .filter((value) => value === 0),
    ).toHaveLength(0);
    await step();
    // After step 3 of 2 + 8 falling ones: 6 + (12 − 6)(1 − 1/8)³ = 10.02
    expect(
      lambdas()
        .flat()
        .filter((value) => value === 0),
    ).toHaveLength(2);
    await steps(7);
    expect(
      lambdas()
        .flat()
        .filter((value) => value === 0),
    ).toHaveLength(6);
    expect(method.allocation?.selected).toHaveLength(6);
    const strengths = method.allocation?.strengths ?? new Float64Array();
    const kept = new Set(method.allocation?.selected);
    const [least, most] = [
      Math.min(...[...strengths].filter((_, id) => kept.has(id))),
      Math.max(...[...strengths].filter((_, id) => !kept.has(id))),
    ];
    expect(least).toBeGreaterThanOrEqual(most);
    const names = method.allocation?.nodes.filter((_, id) => kept.has(id)).map(({ name }) => name);
    const alive = sites().flatMap(({ name }, i) =>
      (lambdas()[i] ?? []).flatMap((value, k) => (value === 0 ? [] : [`${name}.component.${k}`])),
    );
    expect(names).toEqual(alive);
  });

  it('keeps the set from then on, and takes the rest away at the start of the next epoch', async () => {
    method.checkPlan(plan);
    expect(method.settledEpoch).toBe(3);
    for (let epoch = 0; epoch < 2; epoch++) {
      expect(await method.startEpoch(epoch)).toBeNull();
      await steps(4);
    }
    expect(await method.startEpoch(2)).toBeNull();
    await steps(2);
    const alive = lambdas().map((values) => values.map((value) => value !== 0));
    await steps(2);
    expect(lambdas().map((values) => values.map((value) => value !== 0))).toEqual(alive);
    const [before, kept] = [outputs(), lambdas().map((values) => values.filter((value) => value !== 0))];
    const reallocation = await method.startEpoch(3);
    expect(lambdas()).toEqual(kept);
    outputs().forEach((value, i) => {
      expect(value).toBeCloseTo(before[i] ?? NaN, 5);
    });
    for (const [i, { name }] of sites().entries()) {
      const indices = (alive[i] ?? []).flatMap((is, k) => (is ? [k] : []));
      expect(reallocation?.origins.get(`${name}.a`)).toEqual({ axis: 1, indices });
      expect(reallocation?.origins.get(`${name}.b`)).toEqual({ axis: 0, indices });
      expect(reallocation?.origins.get(`${name}.diagonal`)).toEqual({ axis: 0, indices });
    }
    expect(method.observesSteps).toBe(false);
    expect(await method.startEpoch(4)).toBeNull();
  });

  it('says what is missing until the budget is the final one', async () => {
    expect(method.pending).toContain('checkPlan was not called');
    await expect(step()).rejects.toThrow('adalora: checkPlan must come before the first step');
    method.checkPlan(plan);
    await steps(9);
    expect(method.pending).toBe(
      'has not come down to its final budget: the budget is the final one after step 10; it saw 9',
    );
    await step();
    expect(method.pending).toBeNull();
  });

  it('adds a term to the loss unless its weight is zero', async () => {
    const pairs = sites().flatMap(({ pair }) => (pair === null ? [] : [pair]));
    const expected = 0.5 * (orthogonality(pairs).dataSync()[0] ?? NaN);
    expect(method.regulariser?.().dataSync()[0]).toBeCloseTo(expected, 6);
    method.dispose();
    const plain = await attachMethod(model, 'adalora', { ...options, orthogonality: 0 });
    expect(plain.regulariser).toBeUndefined();
    plain.dispose();
  });

  it.each([
    [{ targetRank: 5, initialRank: 4 }, 'adalora: targetRank must be an integer in 1..4'],
    [{ orthogonality: -1 }, 'adalora: orthogonality must be finite and not negative; got -1'],
    [{ initialRank: 9 }, 'adalora: initialRank must be an integer in 1..8, the smaller side of'],
    [{ alpha: 0 }, 'adalora: alpha must be positive and finite; got 0'],
  ])('refuses %j', async (wrong, message) => {
    const fresh = new ToyModel();
    await expect(attachMethod(fresh, 'adalora', wrong)).rejects.toThrow(message);
    expect(fresh.layers.every(({ pair }) => pair === null)).toBe(true);
    fresh.dispose();
  });
});
