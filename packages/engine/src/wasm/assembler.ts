/**
 * A WebAssembly assembler, just large enough for numerical kernels.
 *
 * Code is a list of bytes; every function below returns the bytes of one instruction with the bytes of its operands
 * before it, so nested calls read like the expression that they compute: `add(get(pointer), i32(16))`.
 *
 * Source: WebAssembly core specification 2.0, §5 (binary format), with the vector instructions, the threads proposal's
 * shared memories and the relaxed-SIMD proposal's `f32x4.relaxed_madd`.
 */

/** Encoded instructions. */
export type Code = readonly number[];

const valueTypeBytes = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
export type ValueType = keyof typeof valueTypeBytes;

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** Signed LEB128 of a 32-bit integer. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const last = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(last ? low : low | 0x80);
    if (last) return bytes;
  }
}

/** The opcode of a vector instruction. */
export const vector = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
/** Alignment is a hint: 2 means 4 bytes, which every float has. */
export const memoryArgument = (offset: number): number[] => [2, ...unsigned(offset)];

export const sequence = (...codes: readonly Code[]): Code => codes.flat();

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const i32 = (value: number): Code => [0x41, ...signed(value)];

export const add = (x: Code, y: Code): Code => [...x, ...y, 0x6a];
/** local += by */
export const increase = (local: number, by: Code): Code => set(local, add(get(local), by));
export const subtract = (x: Code, y: Code): Code => [...x, ...y, 0x6b];
export const multiply = (x: Code, y: Code): Code => [...x, ...y, 0x6c];
/** x < y, both unsigned. */
export const below = (x: Code, y: Code): Code => [...x, ...y, 0x49];
/** x ≥ y, both unsigned. */
export const atLeast = (x: Code, y: Code): Code => [...x, ...y, 0x4f];
export const bothTrue = (x: Code, y: Code): Code => [...x, ...y, 0x71];
/** condition ? x : y; both are evaluated. */
export const choose = (condition: Code, x: Code, y: Code): Code => [...x, ...y, ...condition, 0x1b];
export const smaller = (x: Code, y: Code): Code => choose(below(x, y), x, y);

/** Calls the module's function of that index: functions count from 0 in the order given to `encodeModule`. */
export const call = (index: number, ...operands: readonly Code[]): Code => [
  ...operands.flat(),
  0x10,
  ...unsigned(index),
];

/** Runs `body` once, and again for as long as `condition` holds after it. */
export const repeatWhile = (body: Code, condition: Code): Code => [
  0x03,
  0x40,
  ...body,
  ...condition,
  0x0d,
  0,
  0x0b,
];
export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  ...condition,
  0x04,
  0x40,
  ...then,
  ...(otherwise.length === 0 ? [] : [0x05, ...otherwise]),
  0x0b,
];

export const loadFloat = (address: Code, offset = 0): Code => [...address, 0x2a, ...memoryArgument(offset)];
export const storeFloat = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x38,
  ...memoryArgument(offset),
];
export const floatZero: Code = [0x43, 0, 0, 0, 0];
export const addFloats = (x: Code, y: Code): Code => [...x, ...y, 0x92];

export const loadVector = (address: Code, offset = 0): Code => [
  ...address,
  ...vector(0x00),
  ...memoryArgument(offset),
];
export const storeVector = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...vector(0x0b),
  ...memoryArgument(offset),
];
/** One float of memory in all four lanes. */
export const loadSplat = (address: Code, offset = 0): Code => [
  ...address,
  ...vector(0x09),
  ...memoryArgument(offset),
];
export const vectorZero: Code = [...vector(0x0c), ...new Array<number>(16).fill(0)];
export const addVectors = (x: Code, y: Code): Code => [...x, ...y, ...vector(0xe4)];
export const multiplyVectors = (x: Code, y: Code): Code => [...x, ...y, ...vector(0xe6)];
/** x·y + z, rounded once or twice as the processor likes best. Needs relaxed SIMD. */
export const multiplyAdd = (x: Code, y: Code, z: Code): Code => [...x, ...y, ...z, ...vector(0x105)];
/** Four lanes out of eight: 0–3 are x's, 4–7 are y's. */
export const shuffle = (x: Code, y: Code, lanes: readonly [number, number, number, number]): Code => [
  ...x,
  ...y,
  ...vector(0x0d),
  ...lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
];

/** A function without results: its parameters are i32, its locals follow them in order of allocation. */
export class FunctionBuilder {
  private readonly locals: ValueType[] = [];

  constructor(
    readonly name: string,
    readonly parameterCount: number,
  ) {}

  /** The index of a new local. */
  local(type: ValueType): number {
    this.locals.push(type);
    return this.parameterCount + this.locals.length - 1;
  }

  encode(code: Code): Code {
    const declarations = this.locals.flatMap((type) => [1, valueTypeBytes[type]]);
    const body = [...unsigned(this.locals.length), ...declarations, ...code, 0x0b];
    return [...unsigned(body.length), ...body];
  }
}

const section = (id: number, items: readonly Code[]): Code => {
  const content = [...unsigned(items.length), ...items.flat()];
  return [id, ...unsigned(content.length), ...content];
};

const text = (value: string): Code => {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
};

/**
 * A module that imports the memory `env.memory` and exports every function by its name.
 *
 * @param functions the functions with their code
 * @param sharedPages for a shared memory, its maximum in pages of 64 KiB; undefined for one that isn't shared
 */
export function encodeModule(
  functions: readonly { readonly builder: FunctionBuilder; readonly code: Code }[],
  sharedPages?: number,
): Uint8Array<ArrayBuffer> {
  const limits = sharedPages === undefined ? [0x00, 0] : [0x03, 0, ...unsigned(sharedPages)];
  const types = functions.map(({ builder }) => [
    0x60,
    ...unsigned(builder.parameterCount),
    ...new Array<number>(builder.parameterCount).fill(valueTypeBytes.i32),
    0,
  ]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, [[...text('env'), ...text('memory'), 0x02, ...limits]]),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(
      7,
      functions.map(({ builder }, index) => [...text(builder.name), 0x00, ...unsigned(index)]),
    ),
    ...section(
      10,
      functions.map(({ builder, code }) => builder.encode(code)),
    ),
  ]);
}
