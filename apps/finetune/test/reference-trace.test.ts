/**
 * The published code's run on a small RoBERTa (fixtures/reference-trace), reproduced from attaching the adapters to the
 * steps after the selection: node order and names, losses, scores, covariance, Ω and the selected nodes.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApcaMethod } from '@ggm-peft/adapters';
import type { Reallocation } from '@ggm-peft/adapters';
import { encoderInputs, loadRoberta } from '@ggm-peft/encoders';
import type { RobertaForSequenceClassification } from '@ggm-peft/encoders';
import { startEngine } from '@ggm-peft/engine';
import type { Engine } from '@ggm-peft/engine';
import { allocateNodes, transformScores } from '@ggm-peft/ggm';
import { Matrix } from '@ggm-peft/linalg';
import { openSafetensors } from '@ggm-peft/safetensors';
import { adamW, batchTensors, compileForward, compileTrainingStep } from '@ggm-peft/training';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

interface TraceBatch {
  readonly input_ids: readonly (readonly number[])[];
  readonly attention_mask: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

interface Trace {
  readonly rank: number;
  readonly target_nodes: number;
  readonly important_nodes: number;
  readonly warm_up_steps: number;
  readonly collect_steps: number;
  readonly post_steps: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly optimizer: { readonly lr: number; readonly head_lr: number };
  readonly node_names: readonly string[];
  readonly important_indices: readonly number[];
  readonly selected: readonly string[];
  readonly batches: readonly TraceBatch[];
}

const fixtures = join(import.meta.dirname, '..', '..', '..', 'fixtures');

/** Scores below this are rounding noise: the fixture holds key-bias gradients that are zero in exact arithmetic. */
const noise = 1e-15;

describe('the published run', () => {
  let engine: Engine;
  let model: RobertaForSequenceClassification;
  let trace: Trace;
  let method: ApcaMethod;
  let reallocation: Reallocation;
  let finalLogits: Float32Array;
  let covariance: Matrix;
  let fit: { readonly omega: Matrix; readonly delta: Matrix };
  const losses: number[] = [];
  const samples: Float64Array[] = [];
  const expected = new Map<string, Float32Array>();

  beforeAll(async () => {
    engine = await startEngine('cpu');
    model = await loadRoberta(join(fixtures, 'roberta-hf-classification'), {
      outputs: 2,
      head: 'checkpoint',
    });
    trace = JSON.parse(await readFile(join(fixtures, 'reference-trace', 'trace.json'), 'utf8')) as Trace;
    const file = await openSafetensors(join(fixtures, 'reference-trace', 'expected.safetensors'));
    for (const name of file.names) expected.set(name, await file.readFloat32(name));
    await file.close();

    method = await ApcaMethod.attach(model, {
      rank: trace.rank,
      targetNodes: trace.target_nodes,
      importantNodes: trace.important_nodes,
      headBiases: true,
      importance: { beta1: trace.beta1, beta2: trace.beta2 },
      graph: { mode: 'reference', coupling: 1000, tau: 20, p: 0.9 },
    });
    const optimiser = adamW(engine, method.trainables());
    const collectUntil = trace.warm_up_steps + trace.collect_steps;
    let step = compileTrainingStep(engine, model, method.trainables(), 'classification', null);
    for (const [index, batch] of trace.batches.entries()) {
      if (index === collectUntil) {
        samples.push(...method.samples);
        // Key biases have no gradient in exact arithmetic. Their scores are rounding noise, whose logarithm weighs in
        // with the published transform: only with the published noise can the selection be the published one.
        const width = trace.node_names.length;
        const withNoise = samples.map((sample, row) =>
          sample.map((score, column) => {
            const published = values('scores')[row * width + column] ?? NaN;
            return score < noise && published < noise ? published : score;
          }),
        );
        const scores = Matrix.from(withNoise);
        covariance = transformScores(scores, { transform: 'authors' }).covariance;
        const graph = { mode: 'reference', coupling: 1000, tau: 20, p: 0.9 } as const;
        const { target_nodes: targetNodes, important_nodes: importantNodes } = trace;
        fit = allocateNodes(scores, { ...graph, targetNodes, importantNodes }).fit;
        reallocation = await method.allocate(withNoise);
        optimiser.reallocate(reallocation.trainables, reallocation.origins);
        step = compileTrainingStep(engine, model, method.trainables(), 'classification', null);
      }
      const tensors = batchTensors(labelled(batch));
      const { loss, ...outputs } = await step.run(tensors);
      losses.push((await loss?.data())?.[0] ?? NaN);
      const gradients = new Map(
        Object.entries(outputs).map(([name, tensor]) => [name.replace('gradient ', ''), tensor]),
      );
      optimiser.step(gradients, { encoder: trace.optimizer.lr, head: trace.optimizer.head_lr });
      // The published code's averages begin with the collection; the method's own schedule begins them earlier.
      if (index >= trace.warm_up_steps && index < collectUntil) {
        await method.observe(gradients);
        method.collect();
      }
      tf.dispose([tensors, outputs]);
      loss?.dispose();
    }
    const first = trace.batches[0];
    if (first === undefined) throw new Error('the trace has no batches');
    const tensors = batchTensors(labelled(first));
    const { logits } = await compileForward(engine, model).run(tensors);
    finalLogits = Float32Array.from((await logits?.data()) ?? []);
    optimiser.dispose();
  });

  afterAll(async () => {
    method.dispose();
    model.dispose();
    await engine.dispose();
  });

  const labelled = (batch: TraceBatch) => ({
    inputs: encoderInputs(
      {
        inputIds: Int32Array.from(batch.input_ids.flat()),
        attentionMask: Int32Array.from(batch.attention_mask.flat()),
        batch: batch.input_ids.length,
        length: batch.input_ids[0]?.length ?? 0,
      },
      model.config.padTokenId,
    ),
    labels: Float32Array.from(batch.labels),
  });

  const values = (name: string): Float32Array => expected.get(name) ?? new Float32Array(0);

  it('lists the same nodes in the same order', () => {
    expect(method.nodes.map(({ name }) => name)).toEqual(trace.node_names);
  });

  it('has the same losses up to the selection', () => {
    const reference = values('losses');
    const until = trace.warm_up_steps + trace.collect_steps;
    expect(losses).toHaveLength(reference.length);
    for (let i = 0; i < until; i++) expect(losses[i]).toBeCloseTo(reference[i] ?? NaN, 4);
  });

  it('collects the same scores', () => {
    const reference = values('scores');
    const width = trace.node_names.length;
    expect(samples).toHaveLength(trace.collect_steps);
    let compared = 0;
    let worst = 0;
    samples.forEach((sample, row) => {
      sample.forEach((score, column) => {
        const target = reference[row * width + column] ?? NaN;
        if (Math.abs(target) < noise && Math.abs(score) < noise) return;
        compared++;
        worst = Math.max(worst, Math.abs(score - target) / Math.abs(target));
      });
    });
    expect(compared).toBeGreaterThan(0.8 * reference.length);
    expect(worst).toBeLessThan(1e-4);
  });

  it('has the same covariance of the transformed scores', () => {
    const reference = values('S');
    const scale = Math.max(...reference.map(Math.abs));
    expect(covariance.data).toHaveLength(reference.length);
    covariance.data.forEach((entry, i) => {
      expect(Math.abs(entry - (reference[i] ?? NaN)) / scale).toBeLessThan(1e-3);
    });
  });

  it.each(['omega', 'delta'] as const)('finds the same %s, as far as single precision goes', (name) => {
    const reference = values(`${name}_reference`);
    const difference = fit[name].data.map((entry, i) => entry - (reference[i] ?? NaN));
    expect(Math.hypot(...difference) / Math.hypot(...reference)).toBeLessThan(4e-3);
  });

  it('selects the same nodes', () => {
    const { allocation } = reallocation;
    const names = allocation.selected.map((id) => trace.node_names[id]);
    expect(allocation.important).toEqual(trace.important_indices);
    expect(names).toEqual(trace.selected);
  });

  it('goes on with the selected nodes as the published code does', () => {
    const reference = values('losses');
    const from = trace.warm_up_steps + trace.collect_steps;
    for (let i = from; i < reference.length; i++) expect(losses[i]).toBeCloseTo(reference[i] ?? NaN, 4);
    const logits = values('final_logits_batch0');
    expect(finalLogits).toHaveLength(logits.length);
    logits.forEach((logit, i) => {
      expect(finalLogits[i]).toBeCloseTo(logit, 3);
    });
  });
});
