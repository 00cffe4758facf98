/**
 * `ggm-peft finetune`: puts the packages together for one run. Engine, data, model, method, training, evaluation after
 * each epoch, run folder; every step's work is done in its package.
 */
import { basename, resolve } from 'node:path';
import { attachMethod, checkPlan, countTrainables, saveAdapter } from '@ggm-peft/adapters';
import type { Allocation, AttachedMethod } from '@ggm-peft/adapters';
import { startEngine } from '@ggm-peft/engine';
import type { CompiledStep, Engine } from '@ggm-peft/engine';
import type { RobertaForSequenceClassification } from '@ggm-peft/encoders';
import { compileForward, train } from '@ggm-peft/training';

import { describePrefix, prefixRecord } from '../kept-prefix.js';
import type { PrefixRecord } from '../kept-prefix.js';
import { learningRates } from '../learning-rates.js';
import { baseWeightsHash, prepareData, prepareModel } from '../prepare.js';
import type { Data } from '../prepare.js';
import { PhaseMemory } from '../phase-memory.js';
import { duration } from '../progress.js';
import type { Progress, Stage } from '../progress.js';
import { renderReport } from '../report.js';
import type { EpochRecord } from '../report.js';
import { RunFolder, runFiles, RunKeptError } from '../run-folder.js';
import { runFormat, runVersion } from '../run-record.js';
import type { RunRecord } from '../run-record.js';
import { score } from '../score.js';
import type { Settings } from '../settings.js';
import { best, orNull } from '../summary.js';
import type { RunSummary } from '../summary.js';
import { defaultThreads } from '../threads.js';

export interface FinetuneOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Run folder; must not exist yet. */
  readonly out: string;
}

export async function finetune(settings: Settings, options: FinetuneOptions): Promise<RunSummary> {
  const folder = await RunFolder.create(resolve(options.out));
  try {
    const data = await prepareData(settings, ['train', 'dev']);
    const { epochs, batchSize, method } = settings;
    checkPlan(method, { epochs, stepsPerEpoch: Math.ceil(data.train.size / batchSize) });
    const engine = await startEngine(settings.engine, {
      threads: settings.threads ?? defaultThreads(data.config),
      weights: settings.fp16Weights ? 'float16' : 'float32',
    });
    let summary: RunSummary;
    try {
      summary = await runOn(engine, data, settings, folder, options);
    } finally {
      await engine.dispose();
    }
    await folder.complete();
    return summary;
  } catch (error) {
    if (!(error instanceof RunKeptError)) await folder.discard();
    throw error;
  }
}

async function runOn(
  engine: Engine,
  data: Data,
  settings: Settings,
  folder: RunFolder,
  { progress, signal }: FinetuneOptions,
): Promise<RunSummary> {
  const { task } = data;
  const memory = new PhaseMemory('loading');
  const rates = learningRates(settings.method, data.config.hiddenSize, settings);
  const model = await prepareModel(settings, task);
  const weightsHash = await baseWeightsHash(settings);
  progress.line(`Engine  ${engine.name}: ${engine.description}`);
  progress.line(`Model   ${basename(settings.model)}: ${describeModel(model)}`);
  progress.line(
    `Data    ${task.name}: ${count(data.train.size)} training and ${count(data.dev.size)} dev examples`,
  );
  const started = performance.now();
  memory.enter('decomposition');
  const method = await attach(model, settings, progress);
  const epochs: EpochRecord[] = [];
  const prefixes: PrefixRecord[] = [];
  try {
    await trainAndScore();
    const counts = countTrainables(method.trainables());
    const primary = task.metrics[0];
    const values = epochs.map(({ metrics }) => metrics[primary] ?? NaN);
    const summary: RunSummary = {
      task: task.name,
      method: method.name,
      metric: {
        name: primary,
        best: orNull(best(values.slice(method.settledEpoch))),
        last: orNull(values.at(-1) ?? NaN),
      },
      trainable: counts,
      nodes: {
        total: method.allocation?.nodes.length ?? 0,
        selected: method.allocation?.selected.length ?? 0,
      },
      seconds: Number(((performance.now() - started) / 1000).toFixed(3)),
      memory: memory.peaks,
      engine: engine.name,
      seed: settings.seed,
      out: folder.path,
    };
    await write(summary);
    return summary;
  } finally {
    method.dispose();
    model.dispose();
  }

  async function trainAndScore(): Promise<void> {
    let stage: Stage | null = null;
    let epochStarted = started;
    let examples = 0;
    let forward: CompiledStep | null = null;
    let compiledFor: Allocation | null = null;
    await train({
      engine,
      model,
      method,
      objective: task.kind,
      train: data.train,
      epochs: settings.epochs,
      batchSize: settings.batchSize,
      learningRates: rates,
      optimiser: { weightDecay: settings.weightDecay },
      seed: settings.seed,
      ...(settings.cachePrefix ? { cachePrefix: { folder: folder.draft } } : {}),
      signal,
      onEvent: (event) => {
        switch (event.type) {
          case 'allocating':
            memory.enter('graph');
            progress.line('Graph   fitting the graphical model to the nodes’ scores ...');
            break;
          case 'allocation':
            progress.line(`Graph   ${describeAllocation(event.allocation, method)}`);
            folder.log({ type: 'allocation', epoch: event.epoch + 1, ...event.allocation.solver });
            break;
          case 'filling':
            if (stage === null) memory.enter('prefix');
            else memory.look();
            stage ??= progress.stage('Prefix', event.total);
            stage.update(event.done, '');
            break;
          case 'prefix': {
            const prefix = prefixRecord(event.epoch, event.prefix);
            prefixes.push(prefix);
            if (stage === null) progress.line(`Prefix  ${describePrefix(prefix)}`);
            else stage.end(describePrefix(prefix));
            folder.log({ type: 'prefix', ...prefix });
            break;
          }
          case 'epoch':
            memory.enter('training');
            epochStarted = performance.now();
            examples = 0;
            stage = progress.stage(
              `Epoch ${event.epoch + 1}/${settings.epochs} ${describePhase(method, event.epoch)}`,
              event.steps,
            );
            break;
          case 'step': {
            memory.look();
            examples += event.examples;
            const speed = examples / ((performance.now() - epochStarted) / 1000);
            stage?.update(event.step, `loss ${event.loss.toFixed(3)}  ${speed.toFixed(0)} examples/s`);
            folder.log({
              type: 'step',
              epoch: event.epoch + 1,
              step: event.globalStep,
              loss: event.loss,
              lr: rates.encoder * event.factor,
            });
            break;
          }
        }
      },
      afterEpoch: async (epoch, loss) => {
        const trained = (performance.now() - epochStarted) / 1000;
        memory.enter('evaluation');
        if (compiledFor !== method.allocation) {
          // The selection has changed what the model is made of.
          await forward?.dispose();
          forward = null;
          compiledFor = method.allocation;
        }
        forward ??= compileForward(engine, model, method.trainables());
        const { primary, all } = await score(engine, forward, task, data.dev, { signal });
        memory.look();
        const trainable = countTrainables(method.trainables()).total;
        const record: EpochRecord = { epoch: epoch + 1, loss, metrics: all, seconds: trained, trainable };
        epochs.push(record);
        folder.log({ type: 'epoch', ...record });
        stage?.end(
          `loss ${loss.toFixed(3)}  dev ${primary.name} ${primary.value.toFixed(4)}  ` +
            `${(data.train.size / trained).toFixed(0)} examples/s  ${duration(trained)}`,
        );
        stage = null;
      },
    });
  }

  async function write(summary: RunSummary): Promise<void> {
    const record: RunRecord = {
      format: runFormat,
      version: runVersion,
      settings: { ...settings, maxLength: data.maxLength, lr: rates.encoder, headLr: rates.head },
      resolved: {
        engine: { name: engine.name, description: engine.description },
        node: process.version,
        baseWeightsSha256: weightsHash,
        labels: task.kind === 'classification' ? task.labels : null,
        trainExamples: data.train.size,
        devExamples: data.dev.size,
        prefixes,
      },
      summary,
    };
    await folder.writeJson(runFiles.config, record);
    await saveAdapter(folder.draft, model, method);
    const { allocation, settledEpoch } = method;
    if (allocation !== null) await folder.writeJson(runFiles.nodes, nodesOf(allocation));
    await folder.writeText(
      runFiles.report,
      renderReport({
        summary,
        model: basename(settings.model),
        trainExamples: data.train.size,
        devExamples: data.dev.size,
        epochs,
        allocation,
        settledEpoch,
        fp16Weights: settings.fp16Weights,
        prefixes,
      }),
    );
  }
}

async function attach(
  model: RobertaForSequenceClassification,
  settings: Settings,
  progress: Progress,
): Promise<AttachedMethod> {
  const { rank, sites, targetNodes, importantNodes } = settings;
  let stage: Stage | null = null;
  const began = performance.now();
  const method = await attachMethod(model, settings.method, {
    rank,
    sites,
    targetNodes,
    importantNodes,
    onSite: (done, total) => {
      stage ??= progress.stage('SVD   ', total);
      stage.update(done, '');
      if (done === total) {
        const seconds = (performance.now() - began) / 1000;
        stage.end(`${total} weights, ${rank} components each, ${seconds.toFixed(1)} s`);
      }
    },
  });
  const { adapter, head } = countTrainables(method.trainables());
  progress.line(
    `Method  ${method.name}: ${count(adapter)} values train in the encoder, ${count(head)} in the head`,
  );
  return method;
}

function nodesOf({ nodes, selected, important, dead, strengths, samples, solver }: Allocation): unknown {
  const rank = new Map(selected.map((id, position) => [id, position]));
  const leading = new Set(important);
  const silent = new Set(dead);
  return {
    samples,
    solver,
    selected: selected.map((id) => nodes[id]?.name),
    nodes: nodes.map(({ name, size }, id) => ({
      name,
      size,
      selected: rank.has(id),
      important: leading.has(id),
      dead: silent.has(id),
      strength: strengths[id],
    })),
  };
}

function describeModel({ config, parameters }: RobertaForSequenceClassification): string {
  const values = parameters.reduce((sum, { variable }) => sum + variable.size, 0);
  return `${config.numHiddenLayers} layers, hidden size ${config.hiddenSize}, ${count(values)} parameters`;
}

function describeAllocation(
  { nodes, selected, samples, solver }: Allocation,
  method: AttachedMethod,
): string {
  const { adapter } = countTrainables(method.trainables());
  return (
    `${samples} samples of ${nodes.length} nodes; ${solver.status} after ${solver.iterations} iterations ` +
    `(${solver.seconds.toFixed(1)} s): ${selected.length} nodes selected, ${count(adapter)} values go on training`
  );
}

function describePhase(method: AttachedMethod, epoch: number): string {
  if (method.settledEpoch === 0) return '';
  if (epoch >= method.settledEpoch) return '(selected nodes)';
  return epoch === method.settledEpoch - 1 ? '(all nodes, collecting scores)' : '(all nodes)';
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
