/** Keeps the first bytes of a body, and counts all. Of JSON or a form that is longer, it keeps an excerpt as well. */

import { copied, encoded, utf8Length, utf8Text } from '#platform';
import { type FormEntry, FormExcerpt } from './form-excerpt.js';
import { JsonExcerpt } from './json-excerpt.js';

/** A chunk of more bytes than this multiple of the limit is not condensed: it would take milliseconds while the app writes it. */
const MAX_CONDENSED_FACTOR = 4;
const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

/** Makes the beginning of a body shorter when no more bytes of it could be kept. */
export interface Condenser {
  /** Called once. @param head returns the beginning of the body, at most as much as is kept */
  mayCondense(head: () => string): boolean;
  /** @returns a shorter text with the same value, also if more follows; undefined if there is none */
  condensed(text: string): string | undefined;
}

/** What is kept of a body. */
interface Kept {
  readonly chunks: (string | Uint8Array)[] | undefined;
  readonly singleChunk: string | Uint8Array | undefined;
  readonly bytes: number;
}

/** The captured part of one body. */
export class BodyCapture {
  readonly #maxBytes: number;
  /** How many bytes may be kept now. Twice `maxBytes` once events were condensed, so that condensing is rare. */
  #limit: number;
  /** Undefined where nothing can be condensed, or no more. */
  #condenser: Condenser | undefined = undefined;
  /** What was kept before the last chunk, if that was condensed with the others. */
  #before: Kept | undefined = undefined;
  #chunks: (string | Uint8Array)[] | undefined = undefined;
  #singleChunk: string | Uint8Array | undefined = undefined;
  #kept = 0;
  /** How many bytes of the chunk that was added last are kept. */
  #keptOfLast = 0;
  #bytes = 0;
  /** Bytes that were not kept. */
  #lost = 0;
  /** Undefined while all bytes are kept, and for what is no form and does not begin as JSON does. */
  #excerpt: JsonExcerpt | FormExcerpt | undefined = undefined;
  #isForm = false;
  #decoder: InstanceType<typeof TextDecoder> | undefined = undefined;
  #isLengthKnown = true;
  #hasEnded = true;

  /** @param maxBytes how many bytes are kept; 0 to count them only */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#limit = maxBytes;
  }

  /** Bytes of the body so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether all bytes are counted. */
  get isLengthKnown(): boolean {
    return this.#isLengthKnown;
  }

  /** Whether not all bytes were kept. */
  get isCut(): boolean {
    return this.#lost > 0 || !this.#isLengthKnown;
  }

  /** Whether more may follow the kept part: not all bytes were kept, or the body broke off. */
  get isPart(): boolean {
    return this.isCut || !this.#hasEnded;
  }

  /** Sets what makes the kept part shorter once it is full. */
  condenseBy(condenser: Condenser): void {
    this.#condenser = condenser;
  }

  /** Sets whether the body is a URL-encoded form. By default it is not. */
  setForm(isForm: boolean): void {
    this.#isForm = isForm;
  }

  /** Sets whether the end of the body was seen. By default it counts as seen. */
  setEnded(hasEnded: boolean): void {
    this.#hasEnded = hasEnded;
  }

  /** How many more bytes are kept. */
  get room(): number {
    return this.#limit - this.#kept;
  }

  /** The length of the body, for a mark. */
  get lengthText(): string {
    return `${this.#isLengthKnown ? '' : 'more than '}${this.#bytes} bytes`;
  }

  /**
   * Adds a chunk. Bytes are copied, since the app may reuse their memory.
   * @param byteLength length of the chunk in bytes, as it is sent
   */
  add(chunk: string | Uint8Array, byteLength: number): void {
    this.#bytes += byteLength;
    this.#before = undefined;
    if (this.#condenser !== undefined && byteLength > this.room) {
      if (
        byteLength <= MAX_CONDENSED_FACTOR * this.#maxBytes &&
        this.#mayCondense(chunk, this.#condenser) &&
        this.#condenseWith(chunk, this.#condenser)
      )
        return;
      this.#condenser = undefined;
      this.#limit = this.#maxBytes;
    }
    if (byteLength > this.room) this.#overflow(chunk);
    const { room } = this;
    const keptBytes = Math.max(0, Math.min(byteLength, room));
    this.#keptOfLast = keptBytes;
    this.#lost += byteLength - keptBytes;
    if (keptBytes === 0) return;
    const part =
      typeof chunk === 'string' ? headInBytes(chunk, byteLength, room) : copyOf(chunk, room);
    this.#kept += keptBytes;
    if (this.#singleChunk === undefined) {
      this.#singleChunk = part;
    } else {
      this.#chunks ??= [this.#singleChunk];
      this.#chunks.push(part);
    }
  }

  /** Called before a chunk is added that does not fit. */
  #overflow(chunk: string | Uint8Array): void {
    if (this.#maxBytes === 0) return;
    if (!this.isCut) this.#beginExcerpt(chunk);
    this.#addToExcerpt(chunk);
  }

  #beginExcerpt(chunk: string | Uint8Array): void {
    const first = this.#parts().find((part) => part.length > 0) ?? chunk;
    if (this.#isForm) this.#excerpt = new FormExcerpt(this.#maxBytes);
    else if (beginsAsJson(first)) this.#excerpt = new JsonExcerpt(this.#maxBytes);
    else return;
    this.#decoder = new TextDecoder();
    for (const part of this.#parts()) this.#addToExcerpt(part);
  }

  #addToExcerpt(chunk: string | Uint8Array): void {
    const excerpt = this.#excerpt;
    if (excerpt === undefined) return;
    // In parts: what comes after the end of reading need not be decoded.
    for (let at = 0; at < chunk.length && !excerpt.isOver; at += this.#maxBytes) {
      const part =
        typeof chunk === 'string'
          ? chunk.slice(at, at + this.#maxBytes)
          : this.#decoder?.decode(chunk.subarray(at, at + this.#maxBytes), { stream: true });
      excerpt.add(part ?? '');
    }
  }

  /**
   * The value of JSON of which not all bytes were kept, with marks where something was left out; undefined if it is not JSON.
   * @param head the kept part as text
   * @param mask masks the beginning of a string that was cut
   */
  excerpt(head: string, mask: (head: string) => string): unknown {
    const found = this.#excerpt instanceof JsonExcerpt ? this.#excerpt.value(mask) : undefined;
    if (found !== undefined) return found;
    const excerpt = new JsonExcerpt(this.#maxBytes);
    excerpt.add(head);
    return excerpt.value(mask);
  }

  /**
   * The fields of a form of which not all bytes were kept, with marks where something was left out; undefined if only the kept part is
   * known. Call it once.
   * @param decode decodes the escapes of a name or value, which may be cut
   * @param mask masks the beginning of a value that was cut
   */
  formEntries(
    decode: (written: string) => string,
    mask: (head: string) => string,
  ): readonly FormEntry[] | undefined {
    if (!(this.#excerpt instanceof FormExcerpt)) return undefined;
    return this.#excerpt.entries(this.#hasEnded, decode, mask);
  }

  #mayCondense(chunk: string | Uint8Array, condenser: Condenser): boolean {
    const isKnown = this.#limit > this.#maxBytes;
    return isKnown || condenser.mayCondense(() => this.toText() || headOf(chunk, this.#maxBytes));
  }

  /** Adds the chunk, and condenses all lines that are complete by then. @returns whether there was room for the result */
  #condenseWith(chunk: string | Uint8Array, condenser: Condenser): boolean {
    if (this.isCut) return false;
    const bytes = joined([...this.#parts(), chunk]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    const condensed = condenser.condensed(strictText(bytes.subarray(0, end)) ?? '');
    if (condensed === undefined) return false;
    const rest = copied(bytes.subarray(end));
    const kept = utf8Length(condensed) + rest.byteLength;
    if (kept > this.#maxBytes) return false;
    this.#before = { chunks: this.#chunks, singleChunk: this.#singleChunk, bytes: this.#kept };
    this.#singleChunk = condensed;
    this.#chunks = [condensed, rest];
    this.#kept = kept;
    this.#limit = 2 * this.#maxBytes;
    return true;
  }

  /** Removes the chunk that was added last. @param byteLength its length as it was added */
  removeLast(byteLength: number): void {
    this.#bytes -= byteLength;
    if (this.#before !== undefined) {
      this.#chunks = this.#before.chunks;
      this.#singleChunk = this.#before.singleChunk;
      this.#kept = this.#before.bytes;
      this.#before = undefined;
      return;
    }
    this.#lost -= byteLength - this.#keptOfLast;
    // It has read the chunk.
    this.#excerpt = undefined;
    if (this.#keptOfLast === 0) return;
    this.#kept -= this.#keptOfLast;
    this.#keptOfLast = 0;
    if (this.#chunks === undefined) this.#singleChunk = undefined;
    else this.#chunks.pop();
  }

  /** Counts bytes whose content is not visible. @param bytes undefined for an unknown number */
  addUnseen(bytes: number | undefined): void {
    if (bytes !== 0) this.#excerpt?.stop();
    if (bytes === undefined) {
      this.#isLengthKnown = false;
    } else {
      this.#bytes += bytes;
      this.#lost += bytes;
    }
  }

  /**
   * Adds what was written to a stream or read from one: bytes, or a string that represents bytes in the encoding, by default UTF-8.
   * Ignores what is neither, and strings in an encoding that does not exist: streams refuse them.
   */
  addChunk(chunk: unknown, encoding: unknown): void {
    if (typeof chunk === 'string' && !isOtherEncoding(encoding)) {
      this.add(chunk, utf8Length(chunk));
    } else {
      const bytes = typeof chunk === 'string' ? encoded(chunk, String(encoding)) : chunk;
      if (bytes instanceof Uint8Array) this.add(bytes, bytes.byteLength);
    }
  }

  /** Frees the kept part. */
  release(): void {
    this.#chunks = this.#singleChunk = this.#condenser = this.#before = undefined;
    this.#excerpt = undefined;
  }

  /** The kept part as bytes. */
  toBytes(): Uint8Array {
    return joined(this.#parts());
  }

  /**
   * The kept part as text, without a byte order mark. A character that was cut is left out.
   * @param charset of the bytes; undefined for UTF-8
   */
  toText(charset?: string): string {
    const text = this.#decoded(charset);
    return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  }

  #decoded(charset: string | undefined): string {
    const single = this.#chunks === undefined ? this.#singleChunk : undefined;
    if (typeof single === 'string') return single;
    if (charset === undefined && single !== undefined && !this.isPart) return utf8Text(single);
    const decoder = new TextDecoder(charset, { ignoreBOM: true });
    let text = '';
    for (const part of this.#parts()) {
      text += typeof part === 'string' ? part : decoder.decode(part, { stream: true });
    }
    return text;
  }

  /** Whether the kept part is text: valid UTF-8 except a character cut at the end, and without NUL. */
  isText(): boolean {
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true });
      return this.#parts().every(
        (part) =>
          !(typeof part === 'string' ? part : decoder.decode(part, { stream: true })).includes(
            '\0',
          ),
      );
    } catch {
      return false;
    }
  }

  #parts(): readonly (string | Uint8Array)[] {
    if (this.#chunks !== undefined) return this.#chunks;
    return this.#singleChunk === undefined ? [] : [this.#singleChunk];
  }
}

/** The parts in one array of bytes. */
function joined(parts: readonly (string | Uint8Array)[]): Uint8Array {
  const encodedParts = parts.map((part) =>
    typeof part === 'string' ? new TextEncoder().encode(part) : part,
  );
  if (encodedParts.length === 1) return encodedParts[0] as Uint8Array;
  const whole = new Uint8Array(encodedParts.reduce((sum, part) => sum + part.byteLength, 0));
  let position = 0;
  for (const part of encodedParts) {
    whole.set(part, position);
    position += part.byteLength;
  }
  return whole;
}

/** Whether the first character, apart from white space and a byte order mark, is one of an object or an array. */
function beginsAsJson(chunk: string | Uint8Array): boolean {
  return /^\ufeff?\s*[{[]/.test(headOf(chunk, 64));
}

function headOf(chunk: string | Uint8Array, length: number): string {
  return typeof chunk === 'string' ? chunk.slice(0, length) : utf8Text(chunk.subarray(0, length));
}

/** The text of bytes in UTF-8; undefined if they are not. */
function strictText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a string is written in another encoding than UTF-8, the default. */
function isOtherEncoding(encoding: unknown): encoding is string {
  return typeof encoding === 'string' && !/^utf-?8$/i.test(encoding);
}

/** A copy with memory of its own; `slice` of a Buffer would share it. */
function copyOf(chunk: Uint8Array, maxBytes: number): Uint8Array {
  const part = chunk.byteLength > maxBytes ? chunk.subarray(0, maxBytes) : chunk;
  return copied(part);
}

/** The beginning of a text, at most `room` bytes in UTF-8. */
function headInBytes(text: string, byteLength: number, room: number): string {
  if (byteLength <= room) return text;
  const buffer = new Uint8Array(room);
  const { written } = new TextEncoder().encodeInto(text, buffer);
  return new TextDecoder().decode(buffer.subarray(0, written));
}
