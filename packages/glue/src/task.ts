/** What a task is: how its files are laid out, what its labels mean, and how answers are judged. Plain data. */
import type { MetricName } from './metrics/metric.js';

/** Which columns of a TSV file hold what, by the name in the header. */
export interface Columns {
  readonly text: string;
  /** The second text, of tasks about pairs. */
  readonly pair?: string;
  readonly label: string;
  /**
   * All columns in order, for files that may come without a header (CoLA's). A first line that holds the names of the
   * text and label columns is a header all the same.
   */
  readonly withoutHeader?: readonly string[];
}

interface TaskFields {
  /** Short name, as on a command line: "sst2". */
  readonly name: string;
  /** Folder in which the task is published: "SST-2". */
  readonly folder: string;
  readonly columns: Columns;
  /** Official metrics, the primary one first. */
  readonly metrics: readonly [MetricName, ...MetricName[]];
}

/** Each text (or pair) belongs to one class; an example's label is the class's index. */
export interface ClassificationTask extends TaskFields {
  readonly kind: 'classification';
  /** Class names by index. */
  readonly labels: readonly string[];
  /** The classes by index as the files spell them: "1" for "acceptable". */
  readonly labelTexts: readonly string[];
}

/** Each text (or pair) has a score; an example's label is that score. */
export interface RegressionTask extends TaskFields {
  readonly kind: 'regression';
  /** The lowest and the highest score that a file may hold. */
  readonly range: readonly [lowest: number, highest: number];
}

export type Task = ClassificationTask | RegressionTask;

/** One line of a data file. */
export interface TextExample {
  readonly text: string;
  /** The second text, in tasks about pairs. */
  readonly pair?: string;
  /** Its line in the file, from 1. */
  readonly line: number;
}

/** One line of a data file, with its class index or score. */
export interface Example extends TextExample {
  readonly label: number;
}
