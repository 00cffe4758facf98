/**
 * The loop that computes: C (+)= A·B for packed A and B (panels.ts), a tile of C at a time, held in vector registers.
 */
import {
  add,
  addFloats,
  addVectors,
  atLeast,
  below,
  bothTrue,
  choose,
  floatZero,
  FunctionBuilder,
  get,
  i32,
  increase,
  loadFloat,
  loadSplat,
  loadVector,
  multiply,
  multiplyAdd,
  multiplyVectors,
  repeatWhile,
  sequence,
  set,
  smaller,
  storeFloat,
  storeVector,
  subtract,
  vectorZero,
  when,
  type Code,
} from './assembler.js';
import { floatBytes, lanes, range, tileColumns, tileRows, vectorBytes } from './panels.js';

/**
 * `multiply(a, b, c, tile, rows, columns, depth, cStride, accumulate)`: C (+)= A·B for packed A and B.
 * `tile` is room for one tile, used where C ends within one.
 *
 * The loop over k is deliberately not unrolled: V8 then hoists loads and runs out of registers (measured: 33 GFLOP/s as it
 * stands, 25 unrolled twice, 18 four times; other tile sizes were no faster).
 */
export function multiplyPanels(fused: boolean) {
  const builder = new FunctionBuilder('multiply', 9);
  const [a, b, c, tile, rows, columns, depth, cStride, accumulate] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
  const row = builder.local('i32');
  const column = builder.local('i32');
  const aPointer = builder.local('i32');
  const bPointer = builder.local('i32');
  const bPanel = builder.local('i32');
  const remaining = builder.local('i32');
  const target = builder.local('i32');
  const stride = builder.local('i32');
  const source = builder.local('i32');
  const tileRow = builder.local('i32');
  const tileColumn = builder.local('i32');
  const validRows = builder.local('i32');
  const validColumns = builder.local('i32');
  const whole = builder.local('i32');
  const vectorsPerRow = tileColumns / lanes;
  const sums = range(tileRows).map(() => range(vectorsPerRow).map(() => builder.local('v128')));
  const bVectors = range(vectorsPerRow).map(() => builder.local('v128'));
  const aSplat = builder.local('v128');

  const product = (sum: number, bVector: number): Code =>
    fused
      ? multiplyAdd(get(aSplat), get(bVector), get(sum))
      : addVectors(get(sum), multiplyVectors(get(aSplat), get(bVector)));

  const oneDepth = sequence(
    ...bVectors.map((local, j) => set(local, loadVector(get(bPointer), j * vectorBytes))),
    ...sums.map((rowSums, i) =>
      sequence(
        set(aSplat, loadSplat(get(aPointer), i * floatBytes)),
        ...rowSums.map((sum, j) => set(sum, product(sum, bVectors[j] ?? 0))),
      ),
    ),
  );

  const sumTile = sequence(
    ...sums.flat().map((sum) => set(sum, vectorZero)),
    set(bPointer, get(bPanel)),
    set(remaining, get(depth)),
    repeatWhile(
      sequence(
        oneDepth,
        increase(aPointer, i32(tileRows * floatBytes)),
        increase(bPointer, i32(tileColumns * floatBytes)),
        set(remaining, subtract(get(remaining), i32(1))),
      ),
      get(remaining),
    ),
  );

  const storeRows = (value: (sum: number, offset: number) => Code): Code =>
    sums.flatMap((rowSums, i) => [
      ...rowSums.flatMap((sum, j) => storeVector(get(target), value(sum, j * vectorBytes), j * vectorBytes)),
      ...(i + 1 < tileRows ? increase(target, get(stride)) : []),
    ]);

  const copyPartOfTile = sequence(
    set(target, add(add(get(c), multiply(get(row), get(cStride))), multiply(get(column), i32(floatBytes)))),
    set(source, get(tile)),
    set(tileRow, i32(0)),
    repeatWhile(
      sequence(
        set(tileColumn, i32(0)),
        repeatWhile(
          sequence(
            storeFloat(
              add(get(target), get(tileColumn)),
              addFloats(
                loadFloat(add(get(source), get(tileColumn))),
                // select evaluates both sides: reading C is harmless, its value is dropped when not accumulating
                choose(get(accumulate), loadFloat(add(get(target), get(tileColumn))), floatZero),
              ),
            ),
            increase(tileColumn, i32(floatBytes)),
          ),
          below(get(tileColumn), multiply(get(validColumns), i32(floatBytes))),
        ),
        increase(target, get(cStride)),
        increase(source, i32(tileColumns * floatBytes)),
        increase(tileRow, i32(1)),
      ),
      below(get(tileRow), get(validRows)),
    ),
  );

  const oneTile = sequence(
    sumTile,
    set(validRows, smaller(subtract(get(rows), get(row)), i32(tileRows))),
    set(validColumns, smaller(subtract(get(columns), get(column)), i32(tileColumns))),
    set(
      whole,
      bothTrue(atLeast(get(validRows), i32(tileRows)), atLeast(get(validColumns), i32(tileColumns))),
    ),
    set(
      target,
      choose(
        get(whole),
        add(add(get(c), multiply(get(row), get(cStride))), multiply(get(column), i32(floatBytes))),
        get(tile),
      ),
    ),
    set(stride, choose(get(whole), get(cStride), i32(tileColumns * floatBytes))),
    when(
      bothTrue(get(whole), get(accumulate)),
      storeRows((sum, offset) => addVectors(get(sum), loadVector(get(target), offset))),
      storeRows((sum) => get(sum)),
    ),
    when(get(whole), [], copyPartOfTile),
  );

  const code = sequence(
    set(bPanel, get(b)),
    set(column, i32(0)),
    repeatWhile(
      sequence(
        set(aPointer, get(a)),
        set(row, i32(0)),
        repeatWhile(sequence(oneTile, increase(row, i32(tileRows))), below(get(row), get(rows))),
        increase(bPanel, multiply(get(depth), i32(tileColumns * floatBytes))),
        increase(column, i32(tileColumns)),
      ),
      below(get(column), get(columns)),
    ),
  );
  return { builder, code };
}
