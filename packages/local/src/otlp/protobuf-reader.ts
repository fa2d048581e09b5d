import { Malformed } from './malformed.js';

/** How a field is encoded; groups are skipped. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 };

/** Groups inside groups that are skipped. */
const MAX_GROUPS = 100;

/**
 * Reads the fields of one protobuf message, in order. The message is a part of a larger buffer, which is not copied.
 * Every method throws `Malformed` where the bytes end too early or are not protobuf.
 */
export class ProtobufReader {
  readonly #buffer: Buffer;
  #at: number;
  readonly #start: number;
  readonly #end: number;
  #field = 0;
  #wire = 0;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.#buffer = buffer;
    this.#start = start;
    this.#at = start;
    this.#end = end;
  }

  /** Starts again with the first field. */
  rewind(): void {
    this.#at = this.#start;
  }

  /** Reads the tag of the next field. Its value must then be read or skipped. @returns false at the end of the message */
  next(): boolean {
    if (this.#at === this.#end) return false;
    const tag = this.#size();
    this.#field = tag >>> 3;
    this.#wire = tag & 7;
    if (this.#field === 0) throw malformed('it has a field of the number 0');
    return true;
  }

  /** Whether the current field has this number and encoding. A known number in another encoding is an unknown field. */
  is(field: number, wire: number): boolean {
    return this.#field === field && this.#wire === wire;
  }

  /** The field's value as a message. */
  message(): ProtobufReader {
    const length = this.#length();
    this.#at += length;
    return new ProtobufReader(this.#buffer, this.#at - length, this.#at);
  }

  /** The field's value as text. What is not UTF-8 becomes U+FFFD. */
  text(): string {
    const length = this.#length();
    this.#at += length;
    return this.#buffer.toString('utf8', this.#at - length, this.#at);
  }

  /** The field's bytes: a view of the whole buffer. */
  bytes(): Buffer {
    const length = this.#length();
    this.#at += length;
    return this.#buffer.subarray(this.#at - length, this.#at);
  }

  /** The field's 64 bits without a sign. */
  fixed64(): bigint {
    this.#assertLength(8);
    this.#at += 8;
    return this.#buffer.readBigUInt64LE(this.#at - 8);
  }

  double(): number {
    this.#assertLength(8);
    this.#at += 8;
    return this.#buffer.readDoubleLE(this.#at - 8);
  }

  fixed32(): number {
    this.#assertLength(4);
    this.#at += 4;
    return this.#buffer.readUInt32LE(this.#at - 4);
  }

  /** The field's varint: a number below 2^64. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      // The tenth byte has one bit of the 64.
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed('it has a number of more than 10 bytes');
  }

  /** The field's varint as a 32-bit integer with a sign, as enums are encoded. */
  int32(): number {
    return Number(BigInt.asIntN(32, this.varint()));
  }

  /** Skips the value of the current field, whatever its encoding. */
  skip(): void {
    let open = 0;
    do {
      if (this.#wire === WIRE.varint) this.varint();
      else if (this.#wire === WIRE.fixed64) this.fixed64();
      else if (this.#wire === WIRE.fixed32) this.fixed32();
      else if (this.#wire === WIRE.bytes) this.bytes();
      else if (this.#wire === WIRE.startGroup) open += 1;
      else if (this.#wire === WIRE.endGroup && open > 0) open -= 1;
      else throw malformed(`it has a field of the unknown wire type ${this.#wire}`);
      if (open > MAX_GROUPS) throw malformed('its groups are nested too deeply');
    } while (open > 0 && (this.next() || this.#fail()));
  }

  /** A length or tag: a varint of 32 bits at most. */
  #size(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > 0xffffffff) break;
        return value;
      }
    }
    throw malformed('it has a length or tag of more than 32 bits');
  }

  #length(): number {
    const length = this.#size();
    this.#assertLength(length);
    return length;
  }

  #byte(): number {
    const byte = this.#at < this.#end ? this.#buffer[this.#at] : undefined;
    if (byte === undefined) return this.#fail();
    this.#at += 1;
    return byte;
  }

  #assertLength(length: number): void {
    if (length > this.#end - this.#at) this.#fail();
  }

  #fail(): never {
    throw malformed('it ends in the middle of a field');
  }
}

function malformed(reason: string): Malformed {
  return new Malformed(`not a protobuf message: ${reason}`);
}
