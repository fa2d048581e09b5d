import { CHUNK_LENGTH } from './columns.js';

type Values = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
type Codes = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** How values are packed: as integers, of which the highest stands for an unknown value. Others are `(code + base) / scale`. */
interface Packing {
  readonly base: number;
  readonly scale: number;
  readonly unknown: number;
}

interface Packed extends Packing {
  readonly codes: Codes;
}

/** Milliseconds, microseconds, and prices in parts of a dollar. */
const SCALES = [1, 1000, 1e6, 1e9];

/** A share of the traces below which values are unpacked one by one. */
const FEW = 8;

/**
 * One column of numbers of a chunk. While traces are added it is an array of its values. `seal` packs them into less memory if
 * each is then still exactly what it was.
 */
export class Column<A extends Values> {
  readonly #make: () => A;
  readonly #unpacked: A;
  readonly #unknown: number;
  #values: A | undefined;
  #packed: Packed | undefined;
  /** The value of all traces, if they have the same, and neither `#values` nor `#packed` is set. */
  #constant: number;

  /**
   * @param unpacked what `read` may write into
   * @param unknown the value that stands for an unknown one
   */
  constructor(make: () => A, unpacked: A, unknown: number) {
    this.#make = make;
    this.#unpacked = unpacked;
    this.#unknown = unknown;
    this.#values = make();
    this.#constant = unknown;
  }

  /** Bytes of the memory that the values take. */
  get bytes(): number {
    return (this.#values ?? this.#packed?.codes)?.byteLength ?? 0;
  }

  /**
   * The values of the traces at the first `count` indexes; what other traces have there means nothing. They are overwritten when
   * the column of the same name of another chunk is read.
   */
  read(indexes: Uint16Array, count = indexes.length): A {
    if (this.#values) return this.#values;
    const to = this.#unpacked;
    if (count * FEW < to.length) {
      for (let i = 0; i < count; i += 1) {
        const at = indexes[i] ?? 0;
        to[at] = this.at(at);
      }
      return to;
    }
    return this.#unpack();
  }

  /** The values of all traces. */
  #unpack(): A {
    const to = this.#unpacked;
    if (!this.#packed) return to.fill(this.#constant) as A;
    to.set(this.#packed.codes);
    if (to instanceof Float64Array) unpackFloats(to, this.#packed, this.#unknown);
    else unpackCounts(to, this.#packed, this.#unknown);
    return to;
  }

  at(at: number): number {
    if (this.#values) return this.#values[at] ?? this.#unknown;
    if (!this.#packed) return this.#constant;
    const { codes, base, scale, unknown } = this.#packed;
    const code = codes[at] ?? unknown;
    return code === unknown ? this.#unknown : (code + base) / scale;
  }

  set(at: number, value: number): void {
    if (!this.#values) {
      if (this.#setPacked(at, value)) return;
      const values = this.#make();
      values.set(this.#unpack());
      this.#values = values;
      this.#packed = undefined;
    }
    this.#values[at] = value;
  }

  /** @returns whether the value has a code, or is the one that all traces have */
  #setPacked(at: number, value: number): boolean {
    if (!this.#packed) return Object.is(this.#constant, value);
    const isUnknown = Object.is(value, this.#unknown);
    const code = isUnknown ? this.#packed.unknown : codeOf(value, this.#packed);
    if (code < 0) return false;
    this.#packed.codes[at] = code;
    return true;
  }

  /** Packs the values of a full chunk. */
  seal(): void {
    const values = this.#values;
    if (!values) return;
    const [first = this.#unknown] = values;
    if (values.every((value) => Object.is(value, first))) this.#constant = first;
    else {
      this.#packed = packed(values, this.#unknown);
      if (!this.#packed || this.#packed.codes.byteLength >= values.byteLength) {
        this.#packed = undefined;
        return;
      }
    }
    this.#values = undefined;
  }
}

/*
 * Replace codes by their values. For each kind of array there is a function of its own, and the codes are copied first: a loop
 * that gets arrays of several kinds takes ten times as long.
 */
function unpackFloats(codes: Float64Array, packing: Packing, unknown: number): void {
  const { base, scale, unknown: unknownCode } = packing;
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? unknownCode;
    codes[at] = code === unknownCode ? unknown : (code + base) / scale;
  }
}

function unpackCounts(codes: Uint32Array, packing: Packing, unknown: number): void {
  const { base, unknown: unknownCode } = packing;
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? unknownCode;
    codes[at] = code === unknownCode ? unknown : code + base;
  }
}

/** The values as integers; undefined if they would not be exactly the same. */
function packed(values: Values, unknown: number): Packed | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (Object.is(value, unknown)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  for (const scale of SCALES) {
    const base = Math.round(min * scale);
    const codes = codesUpTo(Math.round(max * scale) - base + 1);
    if (!codes) return undefined;
    const packing = { base, scale, unknown: 256 ** codes.BYTES_PER_ELEMENT - 1 };
    if (fill(codes, values, unknown, packing)) return { ...packing, codes };
  }
  return undefined;
}

/** An array for codes, of which `highest` stands for unknown values; undefined if they do not fit into 32 bits. */
function codesUpTo(highest: number): Codes | undefined {
  if (highest <= 0xff) return new Uint8Array(CHUNK_LENGTH);
  if (highest <= 0xffff) return new Uint16Array(CHUNK_LENGTH);
  return highest <= 0xffffffff ? new Uint32Array(CHUNK_LENGTH) : undefined;
}

/** Writes the codes of the values. @returns false if one has none */
function fill(codes: Codes, values: Values, unknown: number, packing: Packing): boolean {
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? unknown;
    const code = Object.is(value, unknown) ? packing.unknown : codeOf(value, packing);
    if (code < 0) return false;
    codes[at] = code;
  }
  return true;
}

/** The code of a known value; -1 if there is none that stands for exactly this value. */
function codeOf(value: number, { base, scale, unknown }: Packing): number {
  const code = Math.round(value * scale) - base;
  const isCode = code >= 0 && code < unknown && Object.is((code + base) / scale, value);
  return isCode ? code : -1;
}
