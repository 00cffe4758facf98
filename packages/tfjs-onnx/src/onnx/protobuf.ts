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

/** Most bytes of a varint: 64 bits, seven a byte. */
const longestVarint = 10;

/** A message under construction: fields are appended in any order to one array, which grows at need. */
export class Message {
  #bytes = new Uint8Array(64);
  #size = 0;

  /** int32, int64, enum: a safe integer. Negative numbers take ten bytes, as two's complement of 64 bits. */
  integer(field: number, value: number): this {
    this.#tag(field, wireVarint);
    this.#reserve(longestVarint);
    if (value < 0) this.#negative(value);
    else this.#varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#tag(field, wireFloat);
    this.#reserve(4);
    new DataView(this.#bytes.buffer).setFloat32(this.#size, value, true);
    this.#size += 4;
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, wireBytes);
    this.#reserve(longestVarint + value.length);
    this.#varint(value.length);
    this.#bytes.set(value, this.#size);
    this.#size += value.length;
    return this;
  }

  /** As UTF-8; the names that a model is full of are ASCII and are written without a detour. */
  text(field: number, value: string): this {
    const start = this.#size;
    this.#tag(field, wireBytes);
    this.#reserve(longestVarint + value.length);
    this.#varint(value.length);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 127) {
        this.#size = start;
        return this.bytes(field, utf8.encode(value));
      }
      this.#bytes[this.#size++] = code;
    }
    return this;
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.finish());
  }

  /** What has been written: a view that further fields leave alone or leave behind. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  #tag(field: number, wire: number): void {
    this.#reserve(longestVarint);
    this.#varint(field * 8 + wire);
  }

  /** Room for it must be reserved. */
  #varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#size++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#size++] = rest;
  }

  #negative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.#bytes[this.#size++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#bytes[this.#size++] = Number(rest);
  }

  #reserve(bytes: number): void {
    const needed = this.#size + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = larger;
  }
}
