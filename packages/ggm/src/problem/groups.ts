/**
 * The groups of Δ that the model penalises: for each node j outside the important set I the entries Δ_{I,j}; with no
 * important nodes, for every j the whole column without its diagonal entry. Groups never overlap.
 */

/** Entries (rows[k], column) of a p × p matrix. */
export interface Group {
  readonly column: number;
  readonly rows: Int32Array;
}

/** The groups for p nodes; one a node outside `importantNodes`, in the order of the nodes. */
export function columnGroups(nodeCount: number, importantNodes: readonly number[]): Group[] {
  const important = new Set(importantNodes);
  const rows = Int32Array.from(importantNodes).sort();
  const groups: Group[] = [];
  for (let column = 0; column < nodeCount; column++) {
    if (important.has(column)) continue;
    groups.push({
      column,
      rows:
        rows.length > 0
          ? rows
          : Int32Array.from({ length: nodeCount - 1 }, (_, k) => (k < column ? k : k + 1)),
    });
  }
  return groups;
}

/** Copies a group's entries out of row-major p × p `data`. */
export function readGroup(data: Float64Array, nodeCount: number, { column, rows }: Group): Float64Array {
  const values = new Float64Array(rows.length);
  for (let k = 0; k < rows.length; k++) values[k] = data[(rows[k] ?? 0) * nodeCount + column] ?? 0;
  return values;
}

/** Writes a group's entries into row-major p × p `data`. */
export function writeGroup(
  data: Float64Array,
  nodeCount: number,
  { column, rows }: Group,
  values: Float64Array,
): void {
  for (let k = 0; k < rows.length; k++) data[(rows[k] ?? 0) * nodeCount + column] = values[k] ?? 0;
}
