/** The answer of `ggm fit` as plain data, from which its report, its JSON and the lines on the screen are made. */
import { Matrix } from '@ggm-peft/linalg';
import { edges, type EdgeOptions } from '../reading/edges.js';
import { importantNodeScores } from '../reading/important-node-scores.js';
import { nodeStrengths } from '../reading/node-strengths.js';
import { partialCorrelations } from '../reading/partial-correlations.js';
import { summary, type GraphSummary } from '../reading/summary.js';
import type { TableFit } from './fit-table.js';
import type { Settings } from './settings.js';
import type { Table } from './table.js';

/** A node of the answer. */
export interface AnswerNode {
  readonly name: string;
  readonly important: boolean;
  /** Number of edges. */
  readonly degree: number;
  /** Sum of |partial correlation| over them. */
  readonly strength: number;
  /** ℓ2 norm of its partial correlations with all others. */
  readonly score: number;
}

/** Everything but the matrices. */
export interface Answer {
  readonly file: string;
  readonly rows: number;
  readonly missingValues: number;
  /** What S is, and notes on it. */
  readonly matrix: string;
  readonly notes: readonly string[];
  readonly settings: Settings;
  readonly tau: number;
  readonly chosen: TableFit['chosen'];
  readonly status: TableFit['fit']['status'];
  readonly message: string;
  readonly iterations: number;
  readonly objective: number;
  readonly stationarity: number;
  readonly graph: GraphSummary;
  /** By score, highest first. */
  readonly nodes: readonly AnswerNode[];
}

/** Which edges of a fit are shown: with important nodes only theirs, the only ones that the model penalises. */
export function shownEdges({ names }: Table, { importantNodes }: TableFit): EdgeOptions {
  return { nodeNames: names, ...(importantNodes.length === 0 ? {} : { touching: importantNodes }) };
}

/** The answer to a table. */
export function answerOf(file: string, table: Table, settings: Settings, result: TableFit): Answer {
  const { data, tau, chosen, fit, importantNodes } = result;
  const shown = shownEdges(table, result);
  const { degree, strength } = nodeStrengths(fit, shown);
  return {
    file,
    rows: table.samples.rows,
    missingValues: table.missing,
    matrix: data.description,
    notes: data.notes,
    settings,
    tau,
    chosen,
    status: fit.status,
    message: fit.message,
    iterations: fit.iterations,
    objective: fit.objective,
    stationarity: fit.stationarity,
    graph: summary(fit, shown),
    nodes: importantNodeScores(fit, shown).map(({ node, name, score }) => ({
      name,
      important: importantNodes.includes(node),
      degree: degree[node] ?? 0,
      strength: strength[node] ?? 0,
      score,
    })),
  };
}

/** The partial correlations with exact zeros where Δ has them, and a unit diagonal. */
export function sparsePartialCorrelations({ fit }: TableFit): Matrix {
  const all = partialCorrelations(fit.omega);
  const p = all.rows;
  const result = Matrix.identity(p);
  for (const { i, j } of edges(fit)) {
    result.data[i * p + j] = all.data[i * p + j] ?? 0;
    result.data[j * p + i] = all.data[j * p + i] ?? 0;
  }
  return result;
}
