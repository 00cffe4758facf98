/** The fit that the settings ask for: at the τ given, or at the one that a criterion chooses from a path. */
import { fitGgm } from '../fit-ggm.js';
import type { GgmFit } from '../solvers/solve.js';
import type { FitProgress, PathPoint } from '../tuning/path.js';
import { selectTau } from '../tuning/select-tau.js';
import type { TauSelection } from '../tuning/tau-selection.js';
import { estimateCovariance, type TableCovariance } from './estimate-covariance.js';
import type { CriterionName, Settings } from './settings.js';
import type { Table } from './table.js';
import { UserError } from './user-error.js';

/** How τ was chosen. */
export interface ChosenTau extends Omit<TauSelection, 'fit' | 'covariance'> {
  readonly criterion: CriterionName;
}

/** What came out. */
export interface TableFit {
  readonly data: TableCovariance;
  /** I, as indices. */
  readonly importantNodes: readonly number[];
  readonly tau: number;
  /** Null where τ was given. */
  readonly chosen: ChosenTau | null;
  readonly fit: GgmFit;
}

/**
 * @param file the table's name, for messages.
 * @param onFit called after every fit of a path.
 * @throws UserError on settings that do not suit the table.
 */
export function fitTable(
  table: Table,
  file: string,
  settings: Settings,
  onFit: (point: PathPoint, progress: FitProgress) => void,
): TableFit {
  const importantNodes = settings.important.map((name) => {
    const node = table.names.indexOf(name);
    if (node < 0) throw new UserError(`--important: ${file} has no column "${name}" among those used`);
    return node;
  });
  try {
    const data = estimateCovariance(table, file, settings);
    return { data, importantNodes, ...fitCovariance(data, table, importantNodes, settings, onFit) };
  } catch (error) {
    // The library's complaints about its input are about the user's table or options here.
    throw error instanceof RangeError
      ? new UserError(`${file}: ${withNames(error.message, table.names)}`)
      : error;
  }
}

function fitCovariance(
  { covariance, sampleCount, estimator }: TableCovariance,
  { samples }: Table,
  importantNodes: readonly number[],
  { penalty, structure, coupling, tau, seed, tolerance, maxIterations }: Settings,
  onFit: (point: PathPoint, progress: FitProgress) => void,
): Pick<TableFit, 'tau' | 'chosen' | 'fit'> {
  const model = { penalty, structure, coupling, ...(importantNodes.length === 0 ? {} : { importantNodes }) };
  const stopping = { tolerance, maxIterations };
  if (typeof tau === 'number') {
    return { tau, chosen: null, fit: fitGgm({ ...model, covariance, tau }, stopping) };
  }
  const { criterion, gamma, refit, count, ratio } = tau;
  const path = { ...stopping, count, ratio, onFit };
  const selection =
    criterion === 'cv' || criterion === 'stars'
      ? selectTau(model, samples, { ...path, criterion, seed, estimator })
      : selectTau({ ...model, covariance }, sampleCount, {
          ...path,
          criterion,
          ...(gamma === null ? {} : { gamma }),
          ...(refit === null ? {} : { refit }),
        });
  const { fit, index, scores, status, message } = selection;
  return {
    tau: selection.tau,
    chosen: { criterion, tau: selection.tau, index, scores, status, message },
    fit,
  };
}

/** Column names for the node indices of the library's messages. */
function withNames(message: string, names: readonly string[]): string {
  return message.replaceAll(/\b(?:node|column) (\d+)\b/g, (whole, index: string) => {
    const name = names[Number(index)];
    return name === undefined ? whole : `column "${name}"`;
  });
}
