/** The edges as CSV: one line an edge, strongest first. */
import { checkOptions } from '@ggm-peft/linalg';
import { csvLine } from './csv-field.js';
import { EDGE_OPTION_KEYS, readEdges, type EdgeOptions } from '../reading/edges.js';
import type { PrecisionLike } from '../reading/precision-estimate.js';

/**
 * CSV text with the header `from,to,partial_correlation,precision`; see `edges` for what an edge is and for their
 * order. Separator `,`, line ends `\n`, quotes as in RFC 4180.
 *
 * @param estimate a fit, or a precision matrix.
 * @param options which edges, and the names of the nodes; see {@link EdgeOptions}.
 * @throws as `edges` does.
 */
export function toEdgeCsv(estimate: PrecisionLike, options: EdgeOptions = {}): string {
  checkOptions('toEdgeCsv', options, EDGE_OPTION_KEYS);
  const lines = readEdges('toEdgeCsv', estimate, options).map(({ from, to, partialCorrelation, precision }) =>
    csvLine([from, to, partialCorrelation, precision]),
  );
  return csvLine(['from', 'to', 'partial_correlation', 'precision']) + lines.join('');
}
