/** A run's `report.md`: what was done, the metric by epoch, what was selected. */
import type { Allocation } from '@ggm-peft/adapters';

import { reportPrefix } from './kept-prefix.js';
import type { PrefixRecord } from './kept-prefix.js';
import { describeMemory } from './phase-memory.js';
import type { RunSummary } from './summary.js';
import type { PhaseRecord } from './training-phases.js';

export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  readonly loss: number;
  /** All official metrics by name. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Values that trained in this epoch, head included. */
  readonly trainable: number;
}

export interface ReportInput {
  readonly summary: RunSummary;
  readonly model: string;
  readonly trainExamples: number;
  readonly devExamples: number;
  readonly epochs: readonly EpochRecord[];
  readonly allocation: Allocation | null;
  readonly settledEpoch: number;
  /** Whether weights that did not train were kept in float16. */
  readonly fp16Weights: boolean;
  /** What `--cache-prefix` kept, in order; empty without it. */
  readonly prefixes: readonly PrefixRecord[];
}

export function renderReport(input: ReportInput): string {
  const { summary, epochs, allocation, settledEpoch } = input;
  const { metric, trainable } = summary;
  const names = Object.keys(epochs[0]?.metrics ?? {});
  const lines = [
    `# ${summary.method} on ${summary.task}`,
    '',
    `${metric.name}: **${show(metric.last)}** after the last epoch, ${show(metric.best)} after the best` +
      (settledEpoch > 0
        ? ` of those that trained the selected nodes (from epoch ${settledEpoch + 1}).`
        : '.'),
    'The best epoch is chosen on the dev set itself and so flatters; the saved adapter is that of the last epoch.',
    '',
    `| | |`,
    `|---|---|`,
    `| model | ${input.model} |`,
    `| examples | ${count(input.trainExamples)} train, ${count(input.devExamples)} dev |`,
    `| trained values | ${count(trainable.adapter)} in the encoder, ${count(trainable.head)} in the head |`,
    `| engine | ${summary.engine}${input.fp16Weights ? ', matrices that do not train in float16' : ''} |`,
    `| seed | ${summary.seed} |`,
    `| time | ${summary.seconds.toFixed(1)} s |`,
    ...input.prefixes.map((prefix) => `| frozen part | ${reportPrefix(prefix)} |`),
    `| most memory | ${describeMemory(summary.memory)} |`,
    '',
    `| epoch | training loss | ${names.join(' | ')} | trained values | seconds |`,
    `|---|---|${names.map(() => '---|').join('')}---|---|`,
    ...epochs.map(
      ({ epoch, loss, metrics, seconds, trainable: values }) =>
        `| ${epoch} | ${loss.toFixed(4)} | ${names.map((name) => show(metrics[name] ?? NaN)).join(' | ')} | ` +
        `${count(values)} | ${seconds.toFixed(1)} |`,
    ),
    '',
  ];
  lines.push(...renderPhases(summary.phases));
  if (allocation !== null) lines.push(...renderAllocation(allocation));
  return lines.join('\n');
}

function renderPhases(phases: readonly PhaseRecord[]): string[] {
  return [
    '| phase | trained in the encoder | in the head | steps | median seconds of a step | most memory |',
    '|---|---|---|---|---|---|',
    ...phases.map(
      ({ name, trainable, steps, stepSeconds, memory }) =>
        `| ${name} | ${count(trainable.adapter)} | ${count(trainable.head)} | ${count(steps)} | ` +
        `${stepSeconds.toFixed(4)} | ${(memory / 2 ** 20).toFixed(0)} MiB |`,
    ),
    '',
  ];
}

function renderAllocation(allocation: Allocation): string[] {
  const { nodes, selected, important, dead } = allocation;
  const isImportant = new Set(important);
  const layers = new Map<string, { total: number; selected: number; important: number }>();
  const chosen = new Set(selected);
  nodes.forEach(({ name }, id) => {
    const part = name.replace(/\.component\.\d+$/, ' components').replace(/\.bias$/, ' bias');
    const entry = layers.get(part) ?? { total: 0, selected: 0, important: 0 };
    entry.total++;
    if (chosen.has(id)) entry.selected++;
    if (isImportant.has(id)) entry.important++;
    layers.set(part, entry);
  });
  return [
    '## Selected nodes',
    '',
    describeSelection(allocation),
    ...(dead.length === 0
      ? []
      : [
          '',
          `Scores of ${dead.length} nodes are rounding noise: ${dead.map((id) => nodes[id]?.name).join(', ')}.`,
        ]),
    '',
    '| where | nodes | selected | important |',
    '|---|---|---|---|',
    ...[...layers].map(
      ([part, { total, selected: kept, important: leading }]) =>
        `| ${part} | ${total} | ${kept} | ${leading} |`,
    ),
    '',
  ];
}

function describeSelection({ selection, nodes, selected, important, samples, solver }: Allocation): string {
  const kept = `${selected.length} of ${nodes.length} nodes, selected by ${selection}`;
  if (solver === null) return `${kept}; ${samples} samples of scores were collected.`;
  return (
    `${kept}: ${important.length} of them important (largest mean score), the others ` +
    `by their connections in the graphical model fitted to ${samples} samples. Solver: ` +
    `λ = ${solver.coupling}, τ = ${solver.tau.toPrecision(3)}, shrinkage ${solver.shrinkage.toFixed(2)}; ` +
    `${solver.seconds.toFixed(1)} s. ${solver.message}`
  );
}

function show(value: number | null): string {
  return value === null || Number.isNaN(value) ? 'undefined' : value.toFixed(4);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
