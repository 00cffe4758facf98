/** A matrix as CSV, with names along both sides: for spreadsheets, R (`row.names = 1`) and pandas (`index_col=0`). */
import { checkOptions, type Matrix } from '@ggm-peft/linalg';
import { csvField, csvLine } from './csv-field.js';
import { readNodeNames } from '../reading/node-names.js';

/** Options of {@link matrixToCsv}. */
export interface MatrixCsvOptions {
  /** One a row and column of a square matrix; default the indices as text. */
  readonly nodeNames?: readonly string[];
}

/**
 * CSV text of a square matrix: a header of an empty field and the names, then a line a row that begins with its name.
 * Numbers read back to the same bits. Separator `,`, line ends `\n`, quotes as in RFC 4180.
 *
 * @param matrix [p, p].
 * @throws RangeError when the matrix is not square or the names do not fit, TypeError on an unknown option.
 */
export function matrixToCsv(matrix: Matrix, options: MatrixCsvOptions = {}): string {
  checkOptions('matrixToCsv', options, ['nodeNames']);
  const { rows, cols } = matrix;
  if (rows !== cols) throw new RangeError(`matrixToCsv: matrix must be square; got ${rows} x ${cols}`);
  const names = readNodeNames('matrixToCsv', options.nodeNames, rows);
  // Not csvLine: the corner is an empty field, unquoted, which R and pandas read as "no name".
  const header = `,${names.map(csvField).join(',')}\n`;
  return header + names.map((name, i) => csvLine([name, ...matrix.row(i)])).join('');
}
