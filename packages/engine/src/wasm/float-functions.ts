/** The module of elementary functions and sums, working on the heap where tfjs's tensors lie. */
import { encodeModule } from './assembler.js';
import { elementwise } from './elementwise.js';
import { errorFunction } from './error-function.js';
import { exponential } from './exponential.js';
import { hyperbolicTangent } from './hyperbolic-tangent.js';
import { sumRows } from './sum-rows.js';

/** target[i] = f(source[i]) for i < count; addresses in bytes. */
export type ElementwiseFunction = (source: number, target: number, count: number) => void;
/** target[j] = Σ over i of source[i, j]; at least one row and one column. Addresses in bytes. */
export type SumRowsFunction = (source: number, target: number, rows: number, columns: number) => void;

export interface FloatFunctions {
  readonly exp: ElementwiseFunction;
  readonly erf: ElementwiseFunction;
  readonly tanh: ElementwiseFunction;
  readonly sumRows: SumRowsFunction;
}

type WasmFunction = (...parameters: number[]) => void;

function isFunction(value: unknown): value is WasmFunction {
  return typeof value === 'function';
}

export function floatFunctions(memory: WebAssembly.Memory): FloatFunctions {
  const bytes = encodeModule([
    elementwise('exp', exponential),
    elementwise('erf', errorFunction),
    elementwise('tanh', hyperbolicTangent),
    sumRows(),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const exported = (name: keyof FloatFunctions): WasmFunction => {
    const found = exports[name];
    if (!isFunction(found)) throw new Error(`floatFunctions: the module must export ${name}`);
    return found;
  };
  return {
    exp: exported('exp'),
    erf: exported('erf'),
    tanh: exported('tanh'),
    sumRows: exported('sumRows'),
  };
}
