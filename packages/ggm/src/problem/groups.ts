/**
 * The groups of Δ that the column model penalises: for each node j outside the important set I the entries Δ_{I,j}; with
 * no important nodes, for every j the whole column without its diagonal entry. Groups never overlap.
 */

/** Entries (rows[k], column) of a p × p matrix, and the group's weight. */
export interface Group {
  readonly column: number;
  readonly rows: Int32Array;
  /** w_j: multiplies τ; positive, Infinity for a group that must be zero. */
  readonly weight: number;
}

/**
 * The penalised groups for p nodes, in the order of the nodes: one a node outside `importantNodes` whose weight is not 0.
 *
 * @param weights w [p], not negative; default 1 each. Those of important nodes are not used.
 */
export function columnGroups(
  nodeCount: number,
  importantNodes: readonly number[],
  weights?: Float64Array,
): Group[] {
  const important = new Set(importantNodes);
  const rows = Int32Array.from(importantNodes).sort();
  const groups: Group[] = [];
  for (let column = 0; column < nodeCount; column++) {
    const weight = weights?.[column] ?? 1;
    if (important.has(column) || weight === 0) continue;
    groups.push({
      column,
      weight,
      rows:
        rows.length > 0
          ? rows
          : Int32Array.from({ length: nodeCount - 1 }, (_, k) => (k < column ? k : k + 1)),
    });
  }
  return groups;
}

/** Copies a group's entries out of row-major p × p `data`. */
export function readGroup(
  data: Float64Array,
  nodeCount: number,
  { column, rows }: Pick<Group, 'column' | 'rows'>,
): Float64Array {
  const values = new Float64Array(rows.length);
  for (let k = 0; k < rows.length; k++) values[k] = data[(rows[k] ?? 0) * nodeCount + column] ?? 0;
  return values;
}

/** Writes a group's entries into row-major p × p `data`. */
export function writeGroup(
  data: Float64Array,
  nodeCount: number,
  { column, rows }: Pick<Group, 'column' | 'rows'>,
  values: Float64Array,
): void {
  for (let k = 0; k < rows.length; k++) data[(rows[k] ?? 0) * nodeCount + column] = values[k] ?? 0;
}
