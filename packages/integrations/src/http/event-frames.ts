/** Amazon's binary event streams: frames of headers and a payload, which is JSON. */

import { isRecord, parseJson } from '../common/json.js';
import type { AnswerReader } from '../shapes/shape.js';
import type { AnswerBody } from './answer-body.js';

export const EVENT_FRAMES = 'application/vnd.amazon.eventstream';

/** Two lengths and their checksum. */
const PRELUDE_BYTES = 12;
/** The checksum of it all. */
const TRAILER_BYTES = 4;
/** A frame that is longer is none: what follows cannot be read. */
const MAX_FRAME_BYTES = 25_165_824;
const TEXT_HEADER = 7;

/** Reads `{ type, ...payload }` of each frame; of an exception, `{ type: 'exception', exception, ...payload }`. */
export class EventFrames implements AnswerBody {
  readonly #reader: AnswerReader;
  readonly #decoder = new TextDecoder();
  #rest = new Uint8Array();
  #isBroken = false;

  constructor(reader: AnswerReader) {
    this.#reader = reader;
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#isBroken) return false;
    let rest = joined(this.#rest, bytes);
    let isContent = false;
    while (rest.length >= PRELUDE_BYTES) {
      const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
      const length = view.getUint32(0);
      const headersEnd = PRELUDE_BYTES + view.getUint32(4);
      if (length > MAX_FRAME_BYTES || headersEnd + TRAILER_BYTES > length) {
        this.#isBroken = true;
        rest = new Uint8Array();
        break;
      }
      if (rest.length < length) break;
      const headers = this.#headers(rest.subarray(PRELUDE_BYTES, headersEnd));
      const payload = rest.subarray(headersEnd, length - TRAILER_BYTES);
      if (this.#frame(headers, this.#decoder.decode(payload))) isContent = true;
      rest = rest.subarray(length);
    }
    // What the client was given is its own.
    this.#rest = rest.length > 0 ? rest.slice() : new Uint8Array();
    return isContent;
  }

  end(): void {}

  #frame(headers: ReadonlyMap<string, string>, payload: string): boolean {
    const value = parseJson(payload);
    const fields = isRecord(value) ? value : {};
    const exception = headers.get(':exception-type') ?? headers.get(':error-code');
    if (exception !== undefined) {
      const message = fields.message ?? headers.get(':error-message');
      return this.#reader.event({ ...fields, type: 'exception', exception, message });
    }
    return this.#reader.event({ ...fields, type: headers.get(':event-type') });
  }

  /** Those that are texts, which stand before any others. */
  #headers(bytes: Uint8Array): Map<string, string> {
    const headers = new Map<string, string>();
    let at = 0;
    while (at < bytes.length) {
      const nameEnd = at + 1 + (bytes[at] ?? 0);
      if (bytes[nameEnd] !== TEXT_HEADER) break;
      const start = nameEnd + 3;
      const end = start + (((bytes[nameEnd + 1] ?? 0) << 8) | (bytes[nameEnd + 2] ?? 0));
      const name = this.#decoder.decode(bytes.subarray(at + 1, nameEnd));
      headers.set(name, this.#decoder.decode(bytes.subarray(start, end)));
      at = end;
    }
    return headers;
  }
}

function joined(one: Uint8Array, two: Uint8Array): Uint8Array {
  if (one.length === 0) return two;
  const both = new Uint8Array(one.length + two.length);
  both.set(one);
  both.set(two, one.length);
  return both;
}
