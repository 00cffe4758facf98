/**
 * The GLUE tasks (Wang et al. 2019, https://gluebenchmark.com) as data, in the layout in which GLUE publishes them.
 *
 * Class indices are those of Hugging Face's `glue` data set, so that heads trained elsewhere keep their meaning. The primary
 * metric is the one that the tables of LoRA and its successors give: accuracy for MRPC (GLUE itself averages it with F1) and
 * Pearson for STS-B (GLUE averages it with Spearman). MNLI, QQP and AX are not here.
 */
import { closestMatch } from 'leven';

import { GlueError, quoted } from './error.js';
import type { Task } from './task.js';

const entailment = ['entailment', 'not_entailment'];
const binary = ['0', '1'];

export const glueTasks: readonly Task[] = [
  {
    name: 'cola',
    folder: 'CoLA',
    kind: 'classification',
    labels: ['unacceptable', 'acceptable'],
    labelTexts: binary,
    columns: {
      text: 'sentence',
      label: 'label',
      withoutHeader: ['source', 'label', 'original_label', 'sentence'],
    },
    metrics: ['matthews_correlation', 'accuracy'],
  },
  {
    name: 'sst2',
    folder: 'SST-2',
    kind: 'classification',
    labels: ['negative', 'positive'],
    labelTexts: binary,
    columns: { text: 'sentence', label: 'label' },
    metrics: ['accuracy'],
  },
  {
    name: 'mrpc',
    folder: 'MRPC',
    kind: 'classification',
    labels: ['not_equivalent', 'equivalent'],
    labelTexts: binary,
    columns: { text: '#1 String', pair: '#2 String', label: 'Quality' },
    metrics: ['accuracy', 'f1'],
  },
  {
    name: 'stsb',
    folder: 'STS-B',
    kind: 'regression',
    range: [0, 5],
    columns: { text: 'sentence1', pair: 'sentence2', label: 'score' },
    metrics: ['pearson', 'spearman'],
  },
  {
    name: 'rte',
    folder: 'RTE',
    kind: 'classification',
    labels: entailment,
    labelTexts: entailment,
    columns: { text: 'sentence1', pair: 'sentence2', label: 'label' },
    metrics: ['accuracy'],
  },
  {
    name: 'qnli',
    folder: 'QNLI',
    kind: 'classification',
    labels: entailment,
    labelTexts: entailment,
    columns: { text: 'question', pair: 'sentence', label: 'label' },
    metrics: ['accuracy'],
  },
  {
    name: 'wnli',
    folder: 'WNLI',
    kind: 'classification',
    labels: ['not_entailment', 'entailment'],
    labelTexts: binary,
    columns: { text: 'sentence1', pair: 'sentence2', label: 'label' },
    metrics: ['accuracy'],
  },
];

/**
 * The GLUE task of that name. Capitals and hyphens do not matter: "sst2" and "SST-2" are the same.
 *
 * @throws GlueError for another name; the message lists the known ones and says which is nearest
 */
export function findTask(name: string): Task {
  const plain = name.toLowerCase().replaceAll('-', '');
  const task = glueTasks.find((candidate) => candidate.name === plain);
  if (task !== undefined) return task;
  const names = glueTasks.map((candidate) => candidate.name);
  throw new GlueError(
    `findTask: unknown task ${quoted(name)}; did you mean ${quoted(closestMatch(plain, names) ?? '')}? Known: ${names.join(', ')}`,
  );
}
