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

/** Fields of more bytes than this are not copied before the whole message is joined. */
const longestCopied = 4096;

/**
 * A message under construction: fields are appended in any order, `finish` joins them. Small fields are written to one array,
 * which grows at need; large ones are kept as they are, so a tensor of many megabytes is copied once however deep it lies.
 */
export class Message {
  /** What comes before the array's bytes. */
  readonly #parts: Uint8Array[] = [];
  #partBytes = 0;
  #bytes = new Uint8Array(64);
  #used = 0;

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
    new DataView(this.#bytes.buffer).setFloat32(this.#used, value, true);
    this.#used += 4;
    return this;
  }

  /** The array must stay as it is until `finish`. */
  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, wireBytes);
    this.#reserve(longestVarint);
    this.#varint(value.length);
    this.#append(value);
    return this;
  }

  /** As UTF-8; the names that a model is full of are ASCII and are written without a detour. */
  text(field: number, value: string): this {
    const start = this.#used;
    this.#tag(field, wireBytes);
    this.#reserve(longestVarint + value.length);
    this.#varint(value.length);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 127) {
        this.#used = start;
        return this.bytes(field, utf8.encode(value));
      }
      this.#bytes[this.#used++] = code;
    }
    return this;
  }

  /** A message inside, as it is at this moment. */
  message(field: number, value: Message): this {
    this.#tag(field, wireBytes);
    this.#reserve(longestVarint);
    this.#varint(value.size);
    for (const part of value.#parts) this.#append(part);
    this.#append(value.#bytes.subarray(0, value.#used));
    return this;
  }

  /** Bytes of the message so far. */
  get size(): number {
    return this.#partBytes + this.#used;
  }

  finish(): Uint8Array {
    const joined = new Uint8Array(this.size);
    let offset = 0;
    for (const part of this.#parts) {
      joined.set(part, offset);
      offset += part.length;
    }
    joined.set(this.#bytes.subarray(0, this.#used), offset);
    return joined;
  }

  #append(value: Uint8Array): void {
    if (value.length <= longestCopied) {
      this.#reserve(value.length);
      this.#bytes.set(value, this.#used);
      this.#used += value.length;
      return;
    }
    if (this.#used > 0) this.#parts.push(this.#bytes.subarray(0, this.#used));
    this.#parts.push(value);
    this.#partBytes += this.#used + value.length;
    // Parts are kept as they are: what follows is written to an array of its own
    this.#bytes = new Uint8Array(64);
    this.#used = 0;
  }

  #tag(field: number, wire: number): void {
    this.#reserve(longestVarint);
    this.#varint(field * 8 + wire);
  }

  /** Room for it must be reserved. */
  #varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#used++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#used++] = rest;
  }

  #negative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.#bytes[this.#used++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#bytes[this.#used++] = Number(rest);
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = larger;
  }
}
