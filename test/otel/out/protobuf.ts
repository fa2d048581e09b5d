/** Decodes any message of protobuf by field numbers, independent of the library's own code. */

type Raw = { readonly field: number; readonly type: number; readonly value: bigint | Uint8Array };

export interface Message {
  has(field: number): boolean;
  /** The last value; an empty message if there is none. */
  message(field: number): Message;
  messages(field: number): readonly Message[];
  string(field: number): string;
  hex(field: number): string;
  number(field: number): number;
  int64(field: number): bigint;
  fixed64(field: number): bigint;
  double(field: number): number;
  /** Field numbers in order of appearance. */
  readonly fields: readonly number[];
}

export function messageOf(bytes: Uint8Array): Message {
  const raws = rawFields(bytes);
  const last = (field: number) => raws.findLast((each) => each.field === field)?.value;
  const bytesOf = (field: number): Uint8Array => {
    const value = last(field) ?? new Uint8Array();
    if (typeof value === 'bigint') throw new TypeError(`field ${field} is a number`);
    return value;
  };
  const bigintOf = (field: number): bigint => {
    const value = last(field) ?? 0n;
    if (typeof value !== 'bigint') throw new TypeError(`field ${field} is no number`);
    return value;
  };
  return {
    has: (field) => last(field) !== undefined,
    message: (field) => messageOf(bytesOf(field)),
    messages: (field) =>
      raws
        .filter((each) => each.field === field)
        .map(({ value }) => messageOf(value as Uint8Array)),
    string: (field) => new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(field)),
    hex: (field) => Buffer.from(bytesOf(field)).toString('hex'),
    number: (field) => Number(bigintOf(field)),
    int64: (field) => BigInt.asIntN(64, bigintOf(field)),
    fixed64: (field) => bigintOf(field),
    double: (field) => {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigUint64(0, bigintOf(field));
      return view.getFloat64(0);
    },
    fields: raws.map(({ field }) => field),
  };
}

function rawFields(bytes: Uint8Array): readonly Raw[] {
  const raws: Raw[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.byteLength) {
    const tag = Number(varint());
    const field = tag >> 3;
    const type = tag & 7;
    if (type === 0) raws.push({ field, type, value: varint() });
    else if (type === 1) {
      raws.push({ field, type, value: view.getBigUint64(at, true) });
      at += 8;
    } else if (type === 5) {
      raws.push({ field, type, value: BigInt(view.getUint32(at, true)) });
      at += 4;
    } else if (type === 2) {
      const size = Number(varint());
      if (at + size > bytes.byteLength) throw new RangeError('a field is longer than its message');
      raws.push({ field, type, value: bytes.subarray(at, at + size) });
      at += size;
    } else throw new RangeError(`wire type ${type}`);
  }
  return raws;
}
