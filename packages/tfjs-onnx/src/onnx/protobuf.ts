/**
 * Writes protocol buffers' wire format, as far as an ONNX model needs it: varints, 32-bit floats and length-delimited
 * fields (https://protobuf.dev/programming-guides/encoding). Nothing is ever read back here.
 *
 * Own code on purpose: a model is written, never parsed, with seven small messages. A protobuf library would bring a
 * schema compiler or half a megabyte of reflection to emit three kinds of field.
 */
const wireVarint = 0;
const wireBytes = 2;
const wireFloat = 5;

const utf8 = new TextEncoder();

/**
 * A message under construction: fields are appended in any order, `finish` joins them. Bytes are copied there and nowhere
 * before, so a tensor of many megabytes is copied once however deep it lies.
 */
export class Message {
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  /** int32, int64, enum. Negative numbers take ten bytes, as two's complement of 64 bits. */
  integer(field: number, value: number | bigint): this {
    this.#varint(BigInt((field << 3) | wireVarint));
    this.#varint(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  float(field: number, value: number): this {
    this.#varint(BigInt((field << 3) | wireFloat));
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#append(bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint(BigInt((field << 3) | wireBytes));
    this.#varint(BigInt(value.length));
    return this.#append(value);
  }

  text(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  /** A message inside: its parts are taken over as they are, so nothing may be appended to it afterwards. */
  message(field: number, value: Message): this {
    this.#varint(BigInt((field << 3) | wireBytes));
    this.#varint(BigInt(value.#size));
    for (const part of value.#parts) this.#append(part);
    return this;
  }

  /** Bytes of the message so far. */
  get size(): number {
    return this.#size;
  }

  finish(): Uint8Array {
    const joined = new Uint8Array(this.#size);
    let offset = 0;
    for (const part of this.#parts) {
      joined.set(part, offset);
      offset += part.length;
    }
    return joined;
  }

  #varint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    while (rest > 127n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.#append(Uint8Array.from(bytes));
  }

  #append(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#size += bytes.length;
    return this;
  }
}
