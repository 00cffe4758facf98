/**
 * Sums over the rows of a matrix: the gradient of a bias, and every sum over axes that aren't the last.
 *
 * Sixteen columns at a time stay in registers while the rows go by. Rows are summed in blocks and the blocks' sums then,
 * so that rounding errors grow with blockRows + rows/blockRows and not with the number of rows, as they do in tfjs's loop.
 */
import {
  add,
  addVectors,
  below,
  type Code,
  FunctionBuilder,
  get,
  i32,
  increase,
  loadSplat,
  loadVector,
  multiply,
  repeatWhile,
  sequence,
  set,
  smaller,
  storeVector,
  subtract,
  vectorZero,
  when,
} from './assembler.js';
import { floatBytes, range, vectorBytes } from './panels.js';
import { storeFirstFloat } from './vector-arithmetic.js';

const blockRows = 64;
const vectorsPerStrip = 4;

/** `sumRows(source, target, rows, columns)`: target[j] = Σ over i of source[i, j]. At least one row and one column. */
export function sumRows() {
  const builder = new FunctionBuilder('sumRows', 4);
  const [source, target, rows, columns] = [0, 1, 2, 3] as const;
  const stride = builder.local('i32');
  const end = builder.local('i32');
  const pointer = builder.local('i32');
  const remaining = builder.local('i32');
  const block = builder.local('i32');
  const totals = range(vectorsPerStrip).map(() => builder.local('v128'));
  const sums = range(vectorsPerStrip).map(() => builder.local('v128'));

  /** Sums strips of columns, `bytes` wide, for as long as a whole one is left. */
  const strips = (
    bytes: number,
    vectors: number,
    load: (address: Code, offset: number) => Code,
    store: (address: Code, value: Code, offset: number) => Code,
  ): Code => {
    const [stripTotals, stripSums] = [totals.slice(0, vectors), sums.slice(0, vectors)];
    const oneRow = sequence(
      ...stripSums.map((sum, j) => set(sum, addVectors(get(sum), load(get(pointer), j * vectorBytes)))),
      increase(pointer, get(stride)),
      set(block, subtract(get(block), i32(1))),
    );
    const oneBlock = sequence(
      set(block, smaller(get(remaining), i32(blockRows))),
      set(remaining, subtract(get(remaining), get(block))),
      ...stripSums.map((sum) => set(sum, vectorZero)),
      repeatWhile(oneRow, get(block)),
      ...stripTotals.map((total, j) => set(total, addVectors(get(total), get(stripSums[j] ?? 0)))),
    );
    const oneStrip = sequence(
      set(pointer, get(source)),
      set(remaining, get(rows)),
      ...stripTotals.map((total) => set(total, vectorZero)),
      repeatWhile(oneBlock, get(remaining)),
      ...stripTotals.map((total, j) => store(get(target), get(total), j * vectorBytes)),
      increase(source, i32(bytes)),
      increase(target, i32(bytes)),
    );
    const oneMore = below(subtract(add(get(target), i32(bytes)), i32(1)), get(end));
    return when(oneMore, repeatWhile(oneStrip, oneMore));
  };

  const code = sequence(
    set(stride, multiply(get(columns), i32(floatBytes))),
    set(end, add(get(target), get(stride))),
    strips(vectorsPerStrip * vectorBytes, vectorsPerStrip, loadVector, storeVector),
    strips(vectorBytes, 1, loadVector, storeVector),
    strips(floatBytes, 1, loadSplat, storeFirstFloat),
  );
  return { builder, code };
}
