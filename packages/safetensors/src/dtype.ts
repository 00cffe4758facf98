/**
 * The element types of the format (https://github.com/huggingface/safetensors, `Dtype`) and their widths.
 *
 * Left out on purpose: the types narrower than a byte (F4, F6_E2M3, F6_E3M2), for which no JavaScript array exists.
 */

const bytesPerElement = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
  C64: 8,
} as const;

/** An element type, spelt as in the file's header. */
export type Dtype = keyof typeof bytesPerElement;

export function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(bytesPerElement, value);
}

/** Every known element type, for messages. */
export const dtypeNames: readonly string[] = Object.keys(bytesPerElement);

/** Bytes that one element of `dtype` takes in the file. */
export function dtypeBytes(dtype: Dtype): number {
  return bytesPerElement[dtype];
}
