/** A function of one float, applied to an array of them, four at a time. */
import {
  atLeast,
  type Code,
  FunctionBuilder,
  get,
  i32,
  increase,
  loadSplat,
  loadVector,
  repeatWhile,
  sequence,
  set,
  storeVector,
  subtract,
  when,
} from './assembler.js';
import { floatBytes, lanes } from './panels.js';
import { storeFirstFloat } from './vector-arithmetic.js';

/** Code that leaves f(x) on the stack, for x in a local that it may overwrite. It may take further locals. */
export type VectorFunction = (builder: FunctionBuilder, x: number) => Code;

/** `{name}(source, target, count)`: target[i] = f(source[i]) for i < count. Reads and writes nothing else. */
export function elementwise(name: string, f: VectorFunction) {
  const builder = new FunctionBuilder(name, 3);
  const [source, target, count] = [0, 1, 2] as const;
  const x = builder.local('v128');
  const value = f(builder, x);

  const every = (floats: number, load: Code, store: Code): Code =>
    when(
      atLeast(get(count), i32(floats)),
      repeatWhile(
        sequence(
          set(x, load),
          store,
          increase(source, i32(floats * floatBytes)),
          increase(target, i32(floats * floatBytes)),
          set(count, subtract(get(count), i32(floats))),
        ),
        atLeast(get(count), i32(floats)),
      ),
    );
  const code = sequence(
    every(lanes, loadVector(get(source)), storeVector(get(target), value)),
    every(1, loadSplat(get(source)), storeFirstFloat(get(target), value)),
  );
  return { builder, code };
}
