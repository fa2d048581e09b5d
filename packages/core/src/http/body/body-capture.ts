/** Keeps the first bytes of a body, and counts all. */

import { copied, encoded, utf8Length, utf8Text } from '#platform';

const BYTE_ORDER_MARK = '\ufeff';

/** The captured part of one body. */
export class BodyCapture {
  readonly #maxBytes: number;
  #chunks: (string | Uint8Array)[] | undefined = undefined;
  #singleChunk: string | Uint8Array | undefined = undefined;
  #kept = 0;
  #bytes = 0;
  #isLengthKnown = true;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the body so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether not all bytes were kept. */
  get isCut(): boolean {
    return this.#bytes > this.#kept || !this.#isLengthKnown;
  }

  /** How many more bytes are kept. */
  get room(): number {
    return this.#maxBytes - this.#kept;
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
    const { room } = this;
    if (room <= 0 || byteLength === 0) return;
    const part =
      typeof chunk === 'string' ? headInBytes(chunk, byteLength, room) : copyOf(chunk, room);
    this.#kept += Math.min(byteLength, room);
    if (this.#singleChunk === undefined) {
      this.#singleChunk = part;
    } else {
      this.#chunks ??= [this.#singleChunk];
      this.#chunks.push(part);
    }
  }

  /** Removes the chunk that was added last. @param byteLength its length as it was added */
  removeLast(byteLength: number): void {
    this.#bytes -= byteLength;
    if (this.#kept <= this.#bytes) return;
    this.#kept = this.#bytes;
    if (this.#chunks === undefined) this.#singleChunk = undefined;
    else this.#chunks.pop();
  }

  /** Counts bytes whose content is not visible. @param bytes undefined for an unknown number */
  addUnseen(bytes: number | undefined): void {
    if (bytes === undefined) this.#isLengthKnown = false;
    else this.#bytes += bytes;
  }

  /** Adds a string that represents bytes in the encoding, by default UTF-8. */
  addText(chunk: string, encoding: unknown): void {
    if (!isOtherEncoding(encoding)) {
      this.add(chunk, utf8Length(chunk));
      return;
    }
    const bytes = encoded(chunk, encoding);
    if (bytes !== undefined) this.add(bytes, bytes.byteLength);
  }

  /** The kept part as bytes. */
  toBytes(): Uint8Array {
    const parts = this.#parts().map((part) =>
      typeof part === 'string' ? new TextEncoder().encode(part) : part,
    );
    if (parts.length === 1) return parts[0] as Uint8Array;
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
    let position = 0;
    for (const part of parts) {
      whole.set(part, position);
      position += part.byteLength;
    }
    return whole;
  }

  /** The kept part as text, without a byte order mark. A character that was cut is left out. */
  toText(): string {
    const text = this.#decoded();
    return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  }

  #decoded(): string {
    const single = this.#chunks === undefined ? this.#singleChunk : undefined;
    if (typeof single === 'string') return single;
    if (single !== undefined && !this.isCut) return utf8Text(single);
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
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

/** Whether a string is written in another encoding than UTF-8, the default. */
export function isOtherEncoding(encoding: unknown): encoding is string {
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
