/** Writes messages of protobuf. Fields with their default value must be left out by the caller. */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const FIRST_BYTES = 16 * 1024;

export class ProtobufWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  readonly #encoder = new TextEncoder();

  /** What was written. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** An integer from 0 to 2 ** 53 - 1. */
  uint(field: number, value: number): void {
    this.#tag(field, VARINT);
    this.#varint(value);
  }

  /** An `int64`. @param value a safe integer */
  int(field: number, value: number): void {
    if (value >= 0) {
      this.uint(field, value);
      return;
    }
    this.#tag(field, VARINT);
    let bits = BigInt.asUintN(64, BigInt(value));
    this.#room(10);
    for (; bits > 0x7fn; bits >>= 7n) this.#bytes[this.#length++] = Number(bits & 0x7fn) | 0x80;
    this.#bytes[this.#length++] = Number(bits);
  }

  bool(field: number, value: boolean): void {
    this.uint(field, value ? 1 : 0);
  }

  fixed64(field: number, value: bigint): void {
    this.#tag(field, FIXED64);
    this.#room(8);
    this.#view.setBigUint64(this.#length, value, true);
    this.#length += 8;
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, FIXED32);
    this.#room(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  double(field: number, value: number): void {
    this.#tag(field, FIXED64);
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  string(field: number, value: string): void {
    this.#tag(field, BYTES);
    this.#writeSized(() => {
      this.#room(value.length * 3);
      const { written } = this.#encoder.encodeInto(value, this.#bytes.subarray(this.#length));
      this.#length += written;
    });
  }

  /** Bytes that are given as hexadecimal digits. */
  hex(field: number, digits: string): void {
    this.#tag(field, BYTES);
    const size = digits.length / 2;
    this.#varint(size);
    this.#room(size);
    for (let i = 0; i < size; i++) {
      this.#bytes[this.#length++] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
    }
  }

  /** A message. @param write writes its fields */
  message(field: number, write: () => void): void {
    this.#tag(field, BYTES);
    this.#writeSized(write);
  }

  /** Writes a length before what `write` writes, which is known only afterwards: it is moved if the length takes more bytes. */
  #writeSized(write: () => void): void {
    this.#room(1);
    const start = ++this.#length;
    write();
    const size = this.#length - start;
    let more = 0;
    for (let left = size; left > 0x7f; left = Math.floor(left / 128)) more++;
    if (more > 0) {
      this.#room(more);
      this.#bytes.copyWithin(start + more, start, this.#length);
    }
    this.#length = start - 1;
    this.#varint(size);
    this.#length += size;
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type);
  }

  #varint(value: number): void {
    this.#room(8);
    let left = value;
    for (; left > 0x7f; left = Math.floor(left / 128)) {
      this.#bytes[this.#length++] = (left % 128) | 0x80;
    }
    this.#bytes[this.#length++] = left;
  }

  #room(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2));
    larger.set(this.bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
