/** Packing an operand whose rows already run along the panels' width. */
import {
  add,
  atLeast,
  below,
  FunctionBuilder,
  get,
  i32,
  increase,
  loadFloat,
  loadVector,
  multiply,
  repeatWhile,
  sequence,
  set,
  storeFloat,
  storeVector,
  subtract,
  vectorZero,
  when,
  type Code,
} from './assembler.js';
import { floatBytes, lanes, range, vectorBytes } from './panels.js';

/**
 * `packStraight{width}(source, target, columns, depth, stride)`: panels of `width` columns from a matrix
 * [depth, columns] whose rows are `stride` apart: B as it is, or A stored transposed.
 */
export function packStraight(width: number) {
  const builder = new FunctionBuilder(`packStraight${width}`, 5);
  const [source, target, columns, depth, stride] = [0, 1, 2, 3, 4] as const;
  const column = builder.local('i32');
  const valid = builder.local('i32');
  const pointer = builder.local('i32');
  const k = builder.local('i32');
  const lane = builder.local('i32');
  const vectors = range(width / lanes);

  const copyWhole = vectors.flatMap((j) =>
    storeVector(get(target), loadVector(get(pointer), j * vectorBytes), j * vectorBytes),
  );
  const zeros = vectors.flatMap((j) => storeVector(get(target), vectorZero, j * vectorBytes));
  const copyPart = sequence(
    zeros,
    set(lane, i32(0)),
    repeatWhile(
      sequence(
        storeFloat(add(get(target), get(lane)), loadFloat(add(get(pointer), get(lane)))),
        increase(lane, i32(floatBytes)),
      ),
      below(get(lane), multiply(get(valid), i32(floatBytes))),
    ),
  );
  const everyRow = (copy: Code): Code =>
    repeatWhile(
      sequence(
        copy,
        increase(pointer, get(stride)),
        increase(target, i32(width * floatBytes)),
        increase(k, i32(1)),
      ),
      below(get(k), get(depth)),
    );

  const code = sequence(
    set(column, i32(0)),
    repeatWhile(
      sequence(
        set(pointer, add(get(source), multiply(get(column), i32(floatBytes)))),
        set(valid, subtract(get(columns), get(column))),
        set(k, i32(0)),
        when(atLeast(get(valid), i32(width)), everyRow(copyWhole), everyRow(copyPart)),
        increase(column, i32(width)),
      ),
      below(get(column), get(columns)),
    ),
  );
  return { builder, code };
}
