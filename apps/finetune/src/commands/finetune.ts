/**
 * `ggm-peft finetune`: puts the packages together for one run. Engine, data, model, method, training, evaluation after
 * each epoch, run folder; every step's work is done in its package.
 */
import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { attachMethod, baseIdentity, checkPlan, countTrainables, saveAdapter } from '@ggm-peft/adapters';
import type { Allocation, AttachedMethod } from '@ggm-peft/adapters';
import { startEngine } from '@ggm-peft/engine';
import type { CompiledStep, Engine } from '@ggm-peft/engine';
import type { EncoderForSequenceClassification } from '@ggm-peft/encoders';
import { compileForward, readTrainingState, train, TrainingDivergedError } from '@ggm-peft/training';
import type { TrainingState } from '@ggm-peft/training';

import { locateModel, locatePinned, pinModel } from '../base-model.js';
import type { BaseModel } from '../base-model.js';
import { describePrefix, prefixRecord } from '../kept-prefix.js';
import type { PrefixRecord } from '../kept-prefix.js';
import { learningRates } from '../learning-rates.js';
import { headOutputs, inputsHash, prepareData, prepareModel } from '../prepare.js';
import type { Data } from '../prepare.js';
import { methodOptions } from '../method-options.js';
import { PhaseMemory } from '../phase-memory.js';
import { duration } from '../progress.js';
import type { Progress, Stage } from '../progress.js';
import { renderReport } from '../report.js';
import type { EpochRecord } from '../report.js';
import { RunFolder, runFiles, RunKeptError, RunStoppedError } from '../run-folder.js';
import { readNotes } from '../run-notes.js';
import type { RunNotes } from '../run-notes.js';
import { runFormat, runVersion } from '../run-record.js';
import type { RunRecord } from '../run-record.js';
import { score } from '../score.js';
import type { Settings } from '../settings.js';
import { best, orNull } from '../summary.js';
import type { RunSummary } from '../summary.js';
import { defaultThreads } from '../threads.js';
import { TrainingPhases } from '../training-phases.js';
import type { PhaseName } from '../training-phases.js';
import { UserError } from '../user-error.js';
import { version } from '../version.js';

export interface FinetuneOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Make no request to the hub. */
  readonly offline: boolean;
}

/** @param out the run folder; must not exist yet */
export async function finetune(
  settings: Settings,
  { out, ...options }: FinetuneOptions & { readonly out: string },
): Promise<RunSummary> {
  return carryOut(
    await RunFolder.create(resolve(out)),
    async () => ({ settings, base: await locateModel(settings, options), earlier: null }),
    options,
  );
}

/**
 * Goes on with an interrupted run, with its own settings, from the last state that it wrote.
 * @param run the folder that it was to have
 */
export async function resumeFinetune(run: string, options: FinetuneOptions): Promise<RunSummary> {
  const folder = await RunFolder.resume(resolve(run));
  return carryOut(
    folder,
    async () => {
      const state = await readTrainingState(folder.statePath);
      const notes = readNotes(state.notes, folder.statePath, version());
      const { globalStep } = state.position;
      options.progress.line(`Resume  ${folder.path}: after step ${count(globalStep)}`);
      await folder.cutLog(notes.logBytes);
      const { settings, hub } = notes;
      const base = await (hub === null ? locateModel(settings, options) : locatePinned(hub, options));
      const resumedAtSteps = [...notes.resumedAtSteps, globalStep];
      return { settings, base, earlier: { state, notes: { ...notes, resumedAtSteps } } };
    },
    options,
  );
}

/** What an interrupted run left. */
interface Earlier {
  readonly state: TrainingState;
  readonly notes: RunNotes;
}

interface Beginning {
  readonly settings: Settings;
  readonly base: BaseModel;
  readonly earlier: Earlier | null;
}

/** @param begin the run's settings, its base model, and what it left if it was interrupted */
async function carryOut(
  folder: RunFolder,
  begin: () => Promise<Beginning>,
  options: FinetuneOptions,
): Promise<RunSummary> {
  try {
    const { settings: asked, base, earlier } = await begin();
    const settings = { ...asked, model: base.folder };
    const data = await prepareData(settings, ['train', 'dev']);
    const { epochs, batchSize, method } = settings;
    checkPlan(
      method,
      { epochs, stepsPerEpoch: Math.ceil(data.train.size / batchSize) },
      methodOptions(settings),
    );
    const threads = earlier?.notes.threads ?? settings.threads ?? defaultThreads(data.config);
    const engine = await startEngine(earlier?.notes.engine ?? settings.engine, {
      threads,
      weights: settings.fp16Weights ? 'float16' : 'float32',
    });
    let summary: RunSummary;
    try {
      summary = await runOn({ engine, threads, data, base, settings, folder, earlier }, options);
    } finally {
      await engine.dispose();
    }
    await folder.complete();
    return summary;
  } catch (error) {
    throw await afterFailure(folder, error);
  }
}

/** Keeps what the run can go on from. @returns the error to be reported */
async function afterFailure(folder: RunFolder, error: unknown): Promise<unknown> {
  if (error instanceof RunKeptError) return error;
  if (!folder.canGoOn || error instanceof TrainingDivergedError) {
    await folder.discard();
    return error;
  }
  folder.leave();
  return error instanceof UserError
    ? error
    : new RunStoppedError(`Go on with: npm run ggm-peft -- finetune --resume ${folder.path}`, {
        cause: error,
      });
}

/** Everything that a run works with. */
interface RunParts {
  readonly engine: Engine;
  readonly threads: number;
  readonly data: Data;
  readonly base: BaseModel;
  readonly settings: Settings;
  readonly folder: RunFolder;
  readonly earlier: Earlier | null;
}

async function runOn(
  { engine, threads, data, base, settings, folder, earlier }: RunParts,
  { progress, signal }: FinetuneOptions,
): Promise<RunSummary> {
  const { task } = data;
  const done = earlier?.notes;
  const memory = new PhaseMemory('loading', undefined, done?.memory);
  const rates = learningRates(settings.method, data.config.hiddenSize, settings);
  const model = await prepareModel(settings, headOutputs(task));
  const identity = await baseIdentity(base.name, model);
  const inputsSha256 = inputsHash(data);
  if (done !== undefined) checkSame(settings, done, { baseSha256: identity.sha256, inputsSha256 });
  progress.line(`Engine  ${engine.name}: ${engine.description}`);
  progress.line(`Model   ${base.name}: ${describeModel(model)}`);
  progress.line(
    `Data    ${task.name}: ${count(data.train.size)} training and ${count(data.dev.size)} dev examples`,
  );
  const started = performance.now() - 1000 * (done?.seconds ?? 0);
  memory.enter('decomposition');
  const method = await attach(model, settings, progress);
  const epochs: EpochRecord[] = [...(done?.epochs ?? [])];
  const prefixes: PrefixRecord[] = [...(done?.prefixes ?? [])];
  const phases = new TrainingPhases(done?.phases);
  try {
    // The decomposition has left no time for signals: a turn of the event loop, in which those that came are seen, begins
    // with the second.
    await setImmediate();
    await setImmediate();
    signal.throwIfAborted();
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
      phases: phases.records,
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
    // Time that a resumed run has spent in its present epoch before.
    let epochBefore = done?.epochSeconds ?? 0;
    const epochSeconds = (): number => epochBefore + (performance.now() - epochStarted) / 1000;
    // A resumed run computes its prefix anew, which is on record already.
    let prefixKnown = prefixes.length > 0;
    let examples = 0;
    let forward: CompiledStep | null = null;
    // Whether the selection has changed what the model is made of since `forward` was compiled.
    let outdated = false;
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
      checkpoint: {
        path: folder.statePath,
        everySeconds: settings.checkpointSeconds,
        notes: async () => notesNow(await folder.syncLog(), epochSeconds()),
      },
      ...(earlier === null ? {} : { resume: earlier.state }),
      signal,
      onEvent: (event) => {
        switch (event.type) {
          case 'allocating':
            memory.enter('graph');
            progress.line(`Select  ${describeAllocating(settings)} ...`);
            break;
          case 'allocation':
            outdated = true;
            prefixKnown = false;
            progress.line(`Select  ${describeAllocation(event.allocation, method)}`);
            folder.log({
              type: 'allocation',
              epoch: event.epoch + 1,
              selection: event.allocation.selection,
              ...event.allocation.solver,
            });
            break;
          case 'filling':
            if (stage === null) memory.enter('prefix');
            else memory.look();
            stage ??= progress.stage('Prefix', event.total);
            stage.update(event.done, '');
            break;
          case 'prefix': {
            const prefix = prefixRecord(event.epoch, event.prefix);
            if (stage === null) progress.line(`Prefix  ${describePrefix(prefix)}`);
            else stage.end(describePrefix(prefix));
            if (!prefixKnown) {
              prefixes.push(prefix);
              folder.log({ type: 'prefix', ...prefix });
            }
            prefixKnown = false;
            break;
          }
          case 'epoch':
            memory.enter('training');
            phases.beginEpoch(phaseOf(method, event.epoch), countTrainables(method.trainables()));
            epochStarted = performance.now();
            if (event.done === 0) epochBefore = 0;
            examples = 0;
            stage = progress.stage(
              `Epoch ${event.epoch + 1}/${settings.epochs} ${describePhase(method, event.epoch)}`,
              event.steps,
            );
            break;
          case 'step': {
            memory.look();
            phases.endStep();
            examples += event.examples;
            const speed = examples / (epochSeconds() - epochBefore);
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
        const trained = epochSeconds();
        epochBefore = 0;
        memory.enter('evaluation');
        if (outdated) {
          await forward?.dispose();
          forward = null;
          outdated = false;
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

  function notesNow(logBytes: number, epochSeconds: number): RunNotes {
    return {
      version: version(),
      settings: pinModel(settings, base),
      hub: base.hub,
      engine: engine.name,
      threads,
      baseSha256: identity.sha256,
      inputsSha256,
      logBytes,
      seconds: (performance.now() - started) / 1000,
      epochSeconds,
      memory: memory.peaks,
      phases: phases.times,
      epochs,
      prefixes,
      resumedAtSteps: done?.resumedAtSteps ?? [],
    };
  }

  async function write(summary: RunSummary): Promise<void> {
    const record: RunRecord = {
      format: runFormat,
      version: runVersion,
      settings: {
        ...pinModel(settings, base),
        maxLength: data.maxLength,
        lr: rates.encoder,
        headLr: rates.head,
      },
      resolved: {
        engine: { name: engine.name, description: engine.description },
        node: process.version,
        hub: base.hub,
        baseSha256: identity.sha256,
        labels: task.kind === 'classification' ? task.labels : null,
        trainExamples: data.train.size,
        devExamples: data.dev.size,
        prefixes,
        resumedAtSteps: done?.resumedAtSteps ?? [],
      },
      summary,
    };
    await folder.writeJson(runFiles.config, record);
    await saveAdapter(folder.draft, model, method, {
      base: identity,
      config: { ...methodOptions(settings) },
    });
    const { allocation, settledEpoch } = method;
    if (allocation !== null) await folder.writeJson(runFiles.nodes, nodesOf(allocation));
    await folder.writeText(
      runFiles.report,
      renderReport({
        summary,
        model: base.name,
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

/** @throws UserError when the run was begun with another model or other data */
function checkSame(
  { model, data }: Settings,
  before: RunNotes,
  now: Pick<RunNotes, 'baseSha256' | 'inputsSha256'>,
): void {
  if (now.baseSha256 !== before.baseSha256) {
    throw new UserError(
      `--resume: ${model} must hold the weights that the run was begun with, SHA-256 ${before.baseSha256}; got ${now.baseSha256}`,
    );
  }
  if (now.inputsSha256 !== before.inputsSha256) {
    throw new UserError(
      `--resume: ${data} and the configuration and tokenizer in ${model} must be what the run was begun with; ` +
        `tokens, labels or config.json differ`,
    );
  }
}

async function attach(
  model: EncoderForSequenceClassification,
  settings: Settings,
  progress: Progress,
): Promise<AttachedMethod> {
  let stage: Stage | null = null;
  const began = performance.now();
  const method = await attachMethod(
    model,
    settings.method,
    methodOptions(settings, (done, total) => {
      stage ??= progress.stage('SVD   ', total);
      stage.update(done, '');
      if (done === total) {
        const seconds = (performance.now() - began) / 1000;
        stage.end(`${total} weights, ${seconds.toFixed(1)} s`);
      }
    }),
  );
  const { adapter, head } = countTrainables(method.trainables());
  progress.line(
    `Method  ${method.name}: ${count(adapter)} values train in the encoder, ${count(head)} in the head`,
  );
  return method;
}

function nodesOf(allocation: Allocation): unknown {
  const { selection, nodes, selected, important, dead, strengths, samples, solver } = allocation;
  const rank = new Map(selected.map((id, position) => [id, position]));
  const leading = new Set(important);
  const silent = new Set(dead);
  return {
    selection,
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

function describeModel({ config, parameters }: EncoderForSequenceClassification): string {
  const values = parameters.reduce((sum, { variable }) => sum + variable.size, 0);
  return `${config.numHiddenLayers} layers, hidden size ${config.hiddenSize}, ${count(values)} parameters`;
}

function describeAllocation(
  { selection, nodes, selected, samples, solver }: Allocation,
  method: AttachedMethod,
): string {
  const { adapter } = countTrainables(method.trainables());
  const fit =
    solver === null
      ? ''
      : `; ${solver.status} after ${solver.iterations} iterations (${solver.seconds.toFixed(1)} s)`;
  return (
    `${selection}: ${samples} samples of ${nodes.length} nodes${fit}: ` +
    `${selected.length} nodes selected, ${count(adapter)} values go on training`
  );
}

function describeAllocating({ selection }: Settings): string {
  return selection === null || !selection.startsWith('ggm')
    ? 'selecting what goes on training'
    : 'fitting the graphical model to the nodes’ scores';
}

function phaseOf({ settledEpoch }: AttachedMethod, epoch: number): PhaseName {
  if (settledEpoch === 0) return 'training';
  return epoch < settledEpoch ? 'all nodes' : 'selected nodes';
}

function describePhase(method: AttachedMethod, epoch: number): string {
  if (method.settledEpoch === 0) return '';
  if (epoch >= method.settledEpoch) return '(selected nodes)';
  const collecting = method.name === 'apca' && epoch === method.settledEpoch - 1;
  return collecting ? '(all nodes, collecting scores)' : '(all nodes)';
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
