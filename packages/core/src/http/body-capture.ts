/** Keeps the first bytes of a body as they pass by, and counts the rest. */

import { copied, utf8Text } from '#platform';

export class BodyCapture {
  readonly #maxBytes: number;
  #chunks: (string | Uint8Array)[] | undefined = undefined;
  #only: string | Uint8Array | undefined = undefined;
  #kept = 0;
  /** Bytes of the whole body so far. */
  bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether bytes were left out. */
  get isCut(): boolean {
    return this.bytes > this.#kept;
  }

  /**
   * Takes one chunk. Bytes are copied, since the app may use their memory again.
   * @param byteLength of the chunk as it goes over the wire
   */
  add(chunk: string | Uint8Array, byteLength: number): void {
    this.bytes += byteLength;
    const room = this.#maxBytes - this.#kept;
    if (room <= 0 || byteLength === 0) return;
    const part = typeof chunk === 'string' ? head(chunk, byteLength, room) : copyOf(chunk, room);
    this.#kept += Math.min(byteLength, room);
    if (this.#only === undefined) {
      this.#only = part;
    } else {
      this.#chunks ??= [this.#only];
      this.#chunks.push(part);
    }
  }

  /** What was kept, as bytes. */
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

  /** What was kept, as text. A character that was cut in two is left out. */
  toText(): string {
    if (typeof this.#only === 'string' && this.#chunks === undefined) return this.#only;
    if (this.#chunks === undefined && this.#only !== undefined && !this.isCut) {
      return utf8Text(this.#only as Uint8Array);
    }
    const decoder = new TextDecoder();
    let text = '';
    for (const part of this.#parts()) {
      text += typeof part === 'string' ? part : decoder.decode(part, { stream: true });
    }
    return text;
  }

  /** Whether what was kept can be read as text: no NUL, and UTF-8 but for a character cut at the end. */
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
    return this.#only === undefined ? [] : [this.#only];
  }
}

/** Of its own memory: Buffer's `slice` would share it. */
function copyOf(chunk: Uint8Array, maxBytes: number): Uint8Array {
  const part = chunk.byteLength > maxBytes ? chunk.subarray(0, maxBytes) : chunk;
  return copied(part);
}

function head(text: string, byteLength: number, room: number): string {
  if (byteLength <= room) return text;
  const buffer = new Uint8Array(room);
  const { written } = new TextEncoder().encodeInto(text, buffer);
  return new TextDecoder().decode(buffer.subarray(0, written));
}
