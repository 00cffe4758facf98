/** Packing an operand whose rows run along k, across the panels. */
import {
  add,
  atLeast,
  below,
  choose,
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
  shuffle,
  storeFloat,
  storeVector,
  when,
  type Code,
} from './assembler.js';
import { floatBytes, lanes, range } from './panels.js';

/**
 * `packTransposed{width}(source, target, rows, depth, stride, zeros)`: panels of `width` rows from a
 * matrix [rows, depth] whose rows are `stride` apart: A as it is, or B stored transposed. Blocks of 4×4 are transposed
 * in registers. `zeros` points to `depth` zeros, which stand for rows that aren't there.
 */
export function packTransposed(width: number) {
  const builder = new FunctionBuilder(`packTransposed${width}`, 6);
  const [source, target, rows, depth, stride, zeros] = [0, 1, 2, 3, 4, 5] as const;
  const row = builder.local('i32');
  const group = builder.local('i32');
  const k = builder.local('i32');
  const destination = builder.local('i32');
  const pointers = range(lanes).map(() => builder.local('i32'));
  const vector = (): number => builder.local('v128');
  const [v0, v1, v2, v3] = [vector(), vector(), vector(), vector()] as const;
  const [h0, h1, h2, h3] = [vector(), vector(), vector(), vector()] as const;
  const rowBytes = width * floatBytes;

  const transposeBlock = sequence(
    ...[v0, v1, v2, v3].map((local, i) => set(local, loadVector(get(pointers[i] ?? 0)))),
    set(h0, shuffle(get(v0), get(v1), [0, 4, 1, 5])),
    set(h1, shuffle(get(v0), get(v1), [2, 6, 3, 7])),
    set(h2, shuffle(get(v2), get(v3), [0, 4, 1, 5])),
    set(h3, shuffle(get(v2), get(v3), [2, 6, 3, 7])),
    storeVector(get(destination), shuffle(get(h0), get(h2), [0, 1, 4, 5])),
    storeVector(get(destination), shuffle(get(h0), get(h2), [2, 3, 6, 7]), rowBytes),
    storeVector(get(destination), shuffle(get(h1), get(h3), [0, 1, 4, 5]), 2 * rowBytes),
    storeVector(get(destination), shuffle(get(h1), get(h3), [2, 3, 6, 7]), 3 * rowBytes),
  );
  const advance = (count: number): Code =>
    sequence(
      ...pointers.map((pointer) => increase(pointer, i32(count * floatBytes))),
      increase(destination, i32(count * rowBytes)),
      increase(k, i32(count)),
    );
  const copyOne = pointers.flatMap((pointer, i) =>
    storeFloat(get(destination), loadFloat(get(pointer)), i * floatBytes),
  );

  const oneGroup = sequence(
    ...pointers.map((pointer, i) =>
      set(
        pointer,
        choose(
          below(add(get(row), add(get(group), i32(i))), get(rows)),
          add(get(source), multiply(add(get(row), add(get(group), i32(i))), get(stride))),
          get(zeros),
        ),
      ),
    ),
    set(destination, add(get(target), multiply(get(group), i32(floatBytes)))),
    set(k, i32(0)),
    when(
      atLeast(get(depth), i32(lanes)),
      repeatWhile(sequence(transposeBlock, advance(lanes)), atLeast(get(depth), add(get(k), i32(lanes)))),
    ),
    when(below(get(k), get(depth)), repeatWhile(sequence(copyOne, advance(1)), below(get(k), get(depth)))),
  );

  const code = sequence(
    set(row, i32(0)),
    repeatWhile(
      sequence(
        set(group, i32(0)),
        repeatWhile(sequence(oneGroup, increase(group, i32(lanes))), below(get(group), i32(width))),
        increase(target, multiply(get(depth), i32(rowBytes))),
        increase(row, i32(width)),
      ),
      below(get(row), get(rows)),
    ),
  );
  return { builder, code };
}
